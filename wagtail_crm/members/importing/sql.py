"""SQL that the ORM cannot say. Parameters are always bound; names are our own tables."""

# Adds people and brings others up to date, a batch in one statement. The batch is one JSON array:
# parsing it costs the server less than the ORM needs to write as many rows. Members without an id
# are new; those with one were read and locked in the same transaction, so that all their columns
# are known. All columns the database would otherwise refuse for being null are given.
SAVE_PEOPLE = """
INSERT INTO wagtail_crm_members_member (
    id, uuid, status, code, email, email_key, family_name, given_name, family_name_kana,
    given_name_kana, language, time_zone, attributes, created_at, updated_at
)
SELECT
    coalesce(id, nextval(pg_get_serial_sequence('wagtail_crm_members_member', 'id'))),
    gen_random_uuid(), 'prospect', code, email, email_key, family_name, given_name,
    family_name_kana, given_name_kana, language, time_zone, attributes, created_at,
    clock_timestamp()
FROM json_to_recordset(%s::json) AS person (
    id bigint, code text, email text, email_key text, family_name text, given_name text,
    family_name_kana text, given_name_kana text, language text, time_zone text,
    attributes jsonb, created_at timestamptz
)
ON CONFLICT (id) DO UPDATE SET
    code = excluded.code,
    email = excluded.email,
    email_key = excluded.email_key,
    family_name = excluded.family_name,
    given_name = excluded.given_name,
    family_name_kana = excluded.family_name_kana,
    given_name_kana = excluded.given_name_kana,
    language = excluded.language,
    time_zone = excluded.time_zone,
    attributes = excluded.attributes,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at
RETURNING id
"""
