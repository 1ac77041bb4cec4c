"""SQL of the list of members that the ORM cannot say."""

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
