"""SQL that the ORM cannot say. ``{matching}`` is a query compiled by the ORM, never user text."""

# Makes the membership of one segment what {matching} says, and tells who came and who went.
# {scope} limits whom it may remove, to the members an incremental refresh asks about. Rows are
# locked and written in the order of member ids, so that two refreshes never wait for each other
# in a circle.
REFRESH_POSTGRESQL = """
WITH matching (member_id) AS MATERIALIZED ({matching}), stale AS MATERIALIZED (
    SELECT id FROM wagtail_crm_segments_membership AS membership
    WHERE segment_id = %s {scope} AND NOT EXISTS (
        SELECT 1 FROM matching WHERE matching.member_id = membership.member_id
    )
    ORDER BY member_id FOR UPDATE
), gone AS (
    DELETE FROM wagtail_crm_segments_membership WHERE id IN (SELECT id FROM stale)
    RETURNING member_id
), come AS (
    INSERT INTO wagtail_crm_segments_membership (segment_id, member_id, entered_at)
    SELECT %s, member_id, now() FROM matching WHERE NOT EXISTS (
        SELECT 1 FROM wagtail_crm_segments_membership AS membership
        WHERE membership.segment_id = %s AND membership.member_id = matching.member_id
    )
    ORDER BY member_id
    ON CONFLICT (member_id, segment_id) DO NOTHING
    RETURNING member_id
)
SELECT member_id, false FROM gone UNION ALL SELECT member_id, true FROM come
"""
SCOPE = "AND member_id = ANY(%s::bigint[])"

# What a query that can match nobody stands for.
NOBODY = "SELECT 0::bigint WHERE false"

# One refresher at a time per member, without touching rows that other rooms lock. Members share
# {buckets} locks, taken in order: the lock table of PostgreSQL is small.
LOCK_MEMBERS = """
SELECT pg_advisory_xact_lock(%s, bucket::int) FROM (
    SELECT DISTINCT id %% {buckets} AS bucket FROM unnest(%s::bigint[]) AS id ORDER BY 1
) AS buckets
"""
LOCK_SEGMENT = "SELECT pg_advisory_xact_lock(%s, %s)"

# How long a statement may take, until the end of the transaction.
SHOW_TIMEOUT = "SELECT current_setting('statement_timeout')"
SET_TIMEOUT = "SELECT set_config('statement_timeout', %s, true)"

# A full refresh hashes sets as large as the list; with the default they would spill or be
# searched row by row.
WORK_MEMORY = "SET LOCAL work_mem = '256MB'"
