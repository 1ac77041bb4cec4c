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
    RETURNING member_id, entered_at
), past AS (
    INSERT INTO wagtail_crm_segments_pastmembership (segment_id, member_id, entered_at, left_at)
    SELECT %s, member_id, entered_at, now() FROM gone
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

# Lets members leave segments and enter segments, given as two pairs of parallel arrays, and tells
# who really did. What they leave is kept as history.
MOVE_POSTGRESQL = """
WITH stale AS MATERIALIZED (
    SELECT membership.id FROM wagtail_crm_segments_membership AS membership
    JOIN unnest(%s::bigint[], %s::bigint[]) AS leaving (segment_id, member_id)
        USING (segment_id, member_id)
    ORDER BY segment_id, member_id FOR UPDATE OF membership
), gone AS (
    DELETE FROM wagtail_crm_segments_membership WHERE id IN (SELECT id FROM stale)
    RETURNING segment_id, member_id, entered_at
), past AS (
    INSERT INTO wagtail_crm_segments_pastmembership (segment_id, member_id, entered_at, left_at)
    SELECT segment_id, member_id, entered_at, now() FROM gone
), come AS (
    INSERT INTO wagtail_crm_segments_membership (segment_id, member_id, entered_at)
    SELECT segment_id, member_id, now()
    FROM unnest(%s::bigint[], %s::bigint[]) AS entering (segment_id, member_id)
    ORDER BY segment_id, member_id
    ON CONFLICT (member_id, segment_id) DO NOTHING
    RETURNING segment_id, member_id
)
SELECT segment_id, member_id, false FROM gone
UNION ALL SELECT segment_id, member_id, true FROM come
"""

# Adds signed numbers to the sizes of segments, given as parallel arrays.
GROW_POSTGRESQL = """
WITH grown AS MATERIALIZED (
    SELECT segment.id, growth FROM wagtail_crm_segments_segment AS segment
    JOIN unnest(%s::bigint[], %s::bigint[]) AS growing (id, growth) USING (id)
    ORDER BY segment.id FOR NO KEY UPDATE OF segment
)
UPDATE wagtail_crm_segments_segment AS segment SET size = greatest(size + growth, 0)
FROM grown WHERE grown.id = segment.id
"""

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
# Who asks, until the end of the transaction; and the end of what they asked before.
SET_ASKER = "SELECT set_config('application_name', %s, true)"
CANCEL_ASKED = """
SELECT pg_cancel_backend(pid) FROM pg_stat_activity
WHERE application_name = %s AND state = 'active' AND usename = current_user
    AND pid <> pg_backend_pid()
"""

# A full refresh hashes sets as large as the list; with the default they would spill or be
# searched row by row.
WORK_MEMORY = "SET LOCAL work_mem = '256MB'"

# How many are in segments today; the last time on a day holds. {only} narrows it to some.
RECORD_SIZES = """
INSERT INTO wagtail_crm_segments_segmentsize (segment_id, day, size)
SELECT id, %s, size FROM wagtail_crm_segments_segment
WHERE live AND (refreshed_at IS NOT NULL OR kind = 'static') {only}
ORDER BY id
ON CONFLICT (segment_id, day) DO UPDATE SET size = excluded.size
"""
ONLY_SEGMENT = "AND id = %s"
