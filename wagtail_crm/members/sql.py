"""SQL of the list of members that the ORM cannot say."""

from .names import HIRAGANA_LETTERS, KATAKANA_LETTERS

_FOUND = """jsonb_path_query_array({column}, '$.* ? (@.type() == "string" && @ like_regex "^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$")')"""  # noqa: E501
_DAYS = f"translate({_FOUND}::text, '[]\" ', '')"

# The dates among the attributes, each as itself and as a day of any year: {1999-05-03,05-03}.
# Immutable, so that it can be indexed; NULL where there is none.
DATES = (
    f"string_to_array(NULLIF({_DAYS} || ',' || "
    f"regexp_replace({_DAYS}, '[0-9]{{{{4}}}}-', '', 'g'), ','), ',')"
)

# Rules about dates: whose day has come, by date and by anniversary.
INDEX_DATES = f"""
CREATE INDEX crm_member_dates ON wagtail_crm_members_member
USING gin (({DATES.format(column="attributes")}))
"""


def dates_in(column: str) -> str:
    """The expression over a column that the index ``crm_member_dates`` is made of."""
    return DATES.format(column=column)


# What the list is searched by, beside the members: their text as ``names.folded`` makes it, all
# pairs of its characters, which is what ``names.pieces`` asks for, and what they chose. Most
# Japanese names are two characters long, so an index of three at a time would find none of them.
# A table of its own, because a member is written whenever they are seen, and every index of a row
# is written with it.
SEARCH_TABLE = """
CREATE TABLE wagtail_crm_members_search (
    member_id bigint PRIMARY KEY,
    text text NOT NULL,
    pieces text[] NOT NULL,
    choices text[] NOT NULL
)
"""
SEARCH_INDEXES = (
    # Member.objects.named(): the texts that have every pair of a word.
    "CREATE INDEX crm_member_pieces ON wagtail_crm_members_search USING gin (pieces)",
    # Member.objects.with_choice(): who chose one of these in a list attribute.
    "CREATE INDEX crm_member_choices ON wagtail_crm_members_search USING gin (choices)",
)
_PLAIN = "lower(normalize({row}.search_text, NFKC))"
# Few have any katakana, and changing them takes longer than looking for them.
_FOLDED = (
    f"CASE WHEN {_PLAIN} ~ '[ァ-ヶ]' THEN "
    f"translate({_PLAIN}, '{KATAKANA_LETTERS}', '{HIRAGANA_LETTERS}') ELSE {_PLAIN} END"
)
# Pairs from the first character on, pairs from the second on, and each that is not ASCII.
_PIECES = r"""array(
    SELECT DISTINCT piece COLLATE "C" FROM unnest(string_to_array(concat_ws(
        E'\t',
        regexp_replace(folded, '(..)', E'\\1\t', 'g'),
        regexp_replace(substr(folded, 2), '(..)', E'\\1\t', 'g'),
        regexp_replace(folded, '[ -~]*([^ -~])[ -~]*', E'\t\\1', 'g')
    ), E'\t')) AS piece
    WHERE octet_length(piece) > 1 AND strpos(piece, ' ') = 0
)"""
# Characters; longer choices are indexed by their digest.
LONG = 200
# "attribute=value" of all that they told, alone or in a list.
_CHOICES = f"""array(
    SELECT attribute.key || '=' || CASE
        WHEN length(choice) > {LONG} THEN md5(choice) ELSE choice END
    FROM jsonb_each({{row}}.attributes) AS attribute, jsonb_array_elements_text(
        CASE jsonb_typeof(attribute.value) WHEN 'array' THEN attribute.value
        ELSE jsonb_build_array(attribute.value) END
    ) AS choice
    WHERE choice IS NOT NULL
)"""  # noqa: S608  # made of constants, as are the statements below
# Fills an empty table from all members there are.
FILL_SEARCH_TABLE = f"""
INSERT INTO wagtail_crm_members_search (member_id, text, pieces, choices)
SELECT id, folded, {_PIECES}, {_CHOICES}
FROM wagtail_crm_members_member AS member, LATERAL (SELECT {_FOLDED} AS folded) AS word
""".format(row="member")  # noqa: S608
_NOTE = f"""
CREATE FUNCTION crm_note_member_search() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE folded text := {_FOLDED};
BEGIN
    INSERT INTO wagtail_crm_members_search (member_id, text, pieces, choices)
    VALUES ({{row}}.id, folded, {_PIECES}, {_CHOICES})
    ON CONFLICT (member_id) DO UPDATE
    SET text = excluded.text, pieces = excluded.pieces, choices = excluded.choices;
    RETURN NULL;
END $$
""".format(row="NEW")  # noqa: S608
_FORGET = """
CREATE FUNCTION crm_forget_member_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM wagtail_crm_members_search WHERE member_id = OLD.id;
    RETURN NULL;
END $$
"""
# Kept by the database whoever writes: Django, the import, or somebody by hand.
SEARCH_TRIGGERS = (
    _NOTE,
    _FORGET,
    """
CREATE TRIGGER crm_member_added AFTER INSERT ON wagtail_crm_members_member
FOR EACH ROW EXECUTE FUNCTION crm_note_member_search()
""",
    """
CREATE TRIGGER crm_member_changed AFTER UPDATE ON wagtail_crm_members_member
FOR EACH ROW WHEN (
    OLD.search_text IS DISTINCT FROM NEW.search_text
    OR OLD.attributes IS DISTINCT FROM NEW.attributes
) EXECUTE FUNCTION crm_note_member_search()
""",
    """
CREATE TRIGGER crm_member_removed AFTER DELETE ON wagtail_crm_members_member
FOR EACH ROW EXECUTE FUNCTION crm_forget_member_search()
""",
)
# Of one word: itself between wildcards, and its pieces.
HAS_WORD = "text LIKE %s AND pieces @> %s::text[]"
WITH_WORDS = "SELECT member_id FROM wagtail_crm_members_search WHERE {conditions}"
WITH_CHOICES = "SELECT member_id FROM wagtail_crm_members_search WHERE choices && %s::text[]"

# Who owns a member: one step through the index for each of them, however many members they have.
OWNERS = """
WITH RECURSIVE owner AS (
    SELECT min(owner_id) AS id FROM wagtail_crm_members_member
    UNION ALL
    SELECT (
        SELECT min(member.owner_id) FROM wagtail_crm_members_member AS member
        WHERE member.owner_id > owner.id
    ) FROM owner WHERE owner.id IS NOT NULL
)
SELECT id FROM owner WHERE id IS NOT NULL
"""
