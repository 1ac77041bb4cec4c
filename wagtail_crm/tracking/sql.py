"""SQL that the ORM cannot say. Parameters are always bound; names are our own tables."""

# Writes a batch of events and their daily totals in one statement. Only rows that are really
# new reach the totals, so that a batch delivered twice counts once. Sorting the totals makes
# concurrent workers take their row locks in the same order.
INGEST_POSTGRESQL = """
WITH fresh AS (
    INSERT INTO wagtail_crm_tracking_event
        (id, at, kind, member_id, visitor_id, page_id, site_id, subject, value, data)
    SELECT id, at, kind, member_id, visitor_id, page_id, site_id, subject, value, data::jsonb
    FROM unnest(
        %s::uuid[], %s::timestamptz[], %s::text[], %s::bigint[], %s::uuid[],
        %s::bigint[], %s::bigint[], %s::text[], %s::numeric[], %s::text[]
    ) AS incoming
        (id, at, kind, member_id, visitor_id, page_id, site_id, subject, value, data)
    ON CONFLICT DO NOTHING
    RETURNING id, at, kind, member_id, page_id, subject, value
), totals AS (
    INSERT INTO wagtail_crm_tracking_dailytotal AS total
        (member_id, kind, page_id, subject, day, count, value)
    SELECT member_id, kind, page_id, subject, (at AT TIME ZONE %s)::date,
           count(*), coalesce(sum(value), 0)
    FROM fresh
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (member_id, kind, page_id, subject, day) DO UPDATE
    SET count = total.count + excluded.count, value = total.value + excluded.value
)
SELECT id FROM fresh
"""

# Adds signed amounts to totals: when events change their owner, and on SQLite at ingest.
ADD_TOTAL = """
INSERT INTO wagtail_crm_tracking_dailytotal AS total
    (member_id, kind, page_id, subject, day, count, value)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (member_id, kind, page_id, subject, day) DO UPDATE
SET count = total.count + excluded.count, value = total.value + excluded.value
"""
