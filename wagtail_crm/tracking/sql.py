"""SQL that the ORM cannot say. Parameters are always bound; names are our own tables."""

# Writes a batch of events and their daily totals in one statement. Only rows that are really
# new reach the totals, so that a batch delivered twice counts once. Sorting the totals, by code
# point as Python does, makes concurrent workers take their row locks in the same order. Returns
# the ids that were new, unless all of them were: nobody needs to hear the usual.
INGEST_POSTGRESQL = """
WITH fresh AS (
    INSERT INTO wagtail_crm_tracking_event
        (id, at, kind, page_id, site_id, subject, value, data,
         member_id, visitor_id, handed_over, uncounted)
    SELECT unnest(%b::uuid[]), unnest(%b::timestamptz[]), unnest(%b::text[]), unnest(%b::bigint[]),
           unnest(%b::bigint[]), unnest(%b::text[]), unnest(%b::text[])::numeric,
           unnest(%b::jsonb[]),
           unnest(%b::bigint[]), unnest(%b::uuid[]), unnest(%b::boolean[]), unnest(%b::boolean[])
    ON CONFLICT DO NOTHING
    RETURNING id, at, kind, member_id, page_id, subject, value, uncounted
), totals AS (
    INSERT INTO wagtail_crm_tracking_dailytotal AS total
        (member_id, kind, page_id, subject, day, count, value)
    SELECT member_id, kind, page_id, subject, (at AT TIME ZONE %s)::date,
           count(*), coalesce(sum(value), 0)
    FROM fresh
    WHERE NOT uncounted
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1, kind COLLATE "C", 3, subject COLLATE "C", 5
    ON CONFLICT (member_id, kind, page_id, subject, day) DO UPDATE
    SET count = total.count + excluded.count, value = total.value + excluded.value
)
SELECT CASE WHEN count(*) < %s THEN coalesce(array_agg(id), '{}') END FROM fresh
"""

# Adds signed amounts to totals: when events change their owner, and on SQLite at ingest.
ADD_TOTAL = """
INSERT INTO wagtail_crm_tracking_dailytotal AS total
    (member_id, kind, page_id, subject, day, count, value)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (member_id, kind, page_id, subject, day) DO UPDATE
SET count = total.count + excluded.count, value = total.value + excluded.value
"""

# Makes or updates the browsers of a batch, locks them, and says whose they are. What arrives
# late neither moves the latest touch nor hides the first one. A row that was last seen before it
# was first has not been seen yet.
TOUCH_VISITORS_POSTGRESQL = """
INSERT INTO wagtail_crm_tracking_visitor AS visitor
    (id, first_seen_at, last_seen_at, first_touch, last_touch)
SELECT unnest(%b::uuid[]) AS id, unnest(%b::timestamptz[]), unnest(%b::timestamptz[]),
       unnest(%b::jsonb[]), unnest(%b::jsonb[])
ORDER BY 1
ON CONFLICT (id) DO UPDATE SET
    first_touch = CASE
        WHEN visitor.forgotten_at IS NULL
            AND (excluded.first_seen_at < visitor.first_seen_at
                OR visitor.last_seen_at < visitor.first_seen_at)
        THEN excluded.first_touch ELSE visitor.first_touch END,
    last_touch = CASE
        WHEN visitor.forgotten_at IS NULL AND excluded.last_touch <> '{}'
            AND (excluded.last_seen_at >= visitor.last_seen_at
                OR visitor.last_seen_at < visitor.first_seen_at)
        THEN excluded.last_touch ELSE visitor.last_touch END,
    first_seen_at = CASE
        WHEN visitor.last_seen_at < visitor.first_seen_at THEN excluded.first_seen_at
        ELSE least(visitor.first_seen_at, excluded.first_seen_at) END,
    last_seen_at = CASE
        WHEN visitor.last_seen_at < visitor.first_seen_at THEN excluded.last_seen_at
        ELSE greatest(visitor.last_seen_at, excluded.last_seen_at) END
RETURNING id, member_id, owned_until, forgotten_at,
    CASE WHEN verdict = 'machine' THEN verdict_reason ELSE '' END
"""

# Moves members forward to the hour in which they were last seen, except those being changed now.
NOTE_LAST_SEEN_POSTGRESQL = """
WITH free AS (
    SELECT member.id, seen.hour
    FROM (SELECT unnest(%b::bigint[]) AS id, unnest(%b::timestamptz[]) AS hour) AS seen
    JOIN wagtail_crm_members_member AS member ON member.id = seen.id
    WHERE member.last_seen_at IS NULL OR member.last_seen_at < seen.hour
    ORDER BY member.id
    FOR NO KEY UPDATE OF member SKIP LOCKED
)
UPDATE wagtail_crm_members_member AS member SET last_seen_at = free.hour
FROM free WHERE member.id = free.id
"""

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
