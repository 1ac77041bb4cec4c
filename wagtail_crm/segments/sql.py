"""SQL that the ORM cannot say. ``{matching}`` is a query compiled by the ORM, never user text."""

# Who is to enter a segment and who is to leave it, so that its members are those of {matching}.
# A question and nothing else, so that the planner may be told how to answer it without being told
# how to write. {scope} limits whom it may let go, to the members that are asked about.
DIFFERENCE_POSTGRESQL = """
SELECT coalesce(matching.id, present.member_id), matching.id IS NOT NULL
FROM ({matching}) AS matching (id) FULL JOIN (
    SELECT member_id FROM wagtail_crm_segments_membership WHERE segment_id = %s {scope}
) AS present ON present.member_id = matching.id
WHERE matching.id IS NULL OR present.member_id IS NULL
"""
SCOPE = "AND member_id = ANY(%s::bigint[])"

# Lets members leave segments and enter segments, given as two pairs of parallel arrays, and tells
# who really did. What they leave is kept as history. Rows are locked and written in one order, so
# that two refreshes never wait for each other in a circle.
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

# Adds signed numbers to the sizes of segments, given as parallel arrays, and tells since when their
# rules are what they are: locked rows are as they were committed last.
GROW_POSTGRESQL = """
WITH grown AS MATERIALIZED (
    SELECT segment.id, growth FROM wagtail_crm_segments_segment AS segment
    JOIN unnest(%s::bigint[], %s::bigint[]) AS growing (id, growth) USING (id)
    ORDER BY segment.id FOR NO KEY UPDATE OF segment
)
UPDATE wagtail_crm_segments_segment AS segment SET size = greatest(size + growth, 0)
FROM grown WHERE grown.id = segment.id RETURNING segment.id, segment.changed_at
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

# See planning.py. Sets are as large as the list; with the default memory they would spill to disk
# or be searched row by row. Workers would each make the same sets, and compiling the question
# takes longer than it saves.
AS_SETS = """
SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '256MB';
SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off
"""
AS_USUAL = """
SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL work_mem TO DEFAULT;
SET LOCAL max_parallel_workers_per_gather TO DEFAULT; SET LOCAL jit TO DEFAULT
"""

# How many are in segments today; the last time on a day holds. {only} narrows it to some.
RECORD_SIZES = """
INSERT INTO wagtail_crm_segments_segmentsize (segment_id, day, size)
SELECT id, %s, size FROM wagtail_crm_segments_segment
WHERE live AND (refreshed_at IS NOT NULL OR kind = 'static') {only}
ORDER BY id
ON CONFLICT (segment_id, day) DO UPDATE SET size = excluded.size
"""
ONLY_SEGMENT = "AND id = %s"
