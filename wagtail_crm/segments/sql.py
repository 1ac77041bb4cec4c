"""SQL that the ORM cannot say. ``{matching}`` is a query compiled by the ORM, never user text."""

# Makes the membership of one segment what {matching} says, and tells who came and who went.
# {scope} limits whom it may remove, to the members an incremental refresh asks about.
REFRESH_POSTGRESQL = """
WITH matching (member_id) AS MATERIALIZED ({matching}), gone AS (
    DELETE FROM wagtail_crm_segments_membership
    WHERE segment_id = %s {scope} AND NOT EXISTS (
        SELECT 1 FROM matching
        WHERE matching.member_id = wagtail_crm_segments_membership.member_id
    )
    RETURNING member_id
), come AS (
    INSERT INTO wagtail_crm_segments_membership (segment_id, member_id, entered_at)
    SELECT %s, member_id, now() FROM matching
    ON CONFLICT (member_id, segment_id) DO NOTHING
    RETURNING member_id
)
SELECT member_id, false FROM gone UNION ALL SELECT member_id, true FROM come
"""
SCOPE = "AND member_id = ANY(%s)"
