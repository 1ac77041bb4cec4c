"""One segment of ten rules, as an editor makes it and as somebody who knows SQL would write it.

Registered at least 30 days ago, agreed to mail, lives around Tokyo, has a plan that costs money,
looked at a shelf at least three times in 90 days, spent at least 5,000 yen in a year, has no tag
"タグ0", and opened a mail in 60 days or signed in twice in 30.
"""

import datetime
from typing import Any

from .population import did, spent

NAME, NAME_BY_HAND = "Ten rules", "Ten rules, by hand"
AROUND_TOKYO = ["東京都", "神奈川県", "埼玉県", "千葉県"]

# Semi-joins with the smallest sets first for the eye; the planner orders them itself. Pages below
# one are those whose path begins with its.
QUESTION = """
SELECT member.id FROM wagtail_crm_members_member member
WHERE member.status = 'registered'
AND member.registered_at < %(registered_before)s
AND member.attributes->>'prefecture' IN ('東京都', '神奈川県', '埼玉県', '千葉県')
AND coalesce(member.attributes->>'plan', '') <> 'free'
AND EXISTS (
    SELECT FROM wagtail_crm_members_consentrecord consent
    WHERE consent.member_id = member.id AND purpose = 'email' AND granted AND is_current
)
AND NOT EXISTS (
    SELECT FROM wagtail_crm_members_taggedmember tagged
    WHERE tagged.content_object_id = member.id AND tag_id = %(tag)s
)
AND member.id IN (
    SELECT member_id FROM wagtail_crm_tracking_dailytotal
    WHERE kind = 'page_view' AND member_id <> 0
    AND page_id = ANY (ARRAY(SELECT id FROM wagtailcore_page WHERE path LIKE %(path)s))
    AND day BETWEEN %(today)s::date - 89 AND %(today)s::date
    GROUP BY member_id HAVING sum(count) >= 3
)
AND member.id IN (
    SELECT member_id FROM wagtail_crm_tracking_dailytotal
    WHERE kind = 'purchase' AND member_id <> 0
    AND day BETWEEN %(today)s::date - 364 AND %(today)s::date
    GROUP BY member_id HAVING sum(value) >= 5000
)
AND member.id IN (
    SELECT member_id FROM wagtail_crm_tracking_dailytotal
    WHERE kind = 'mail_open' AND count > 0
    AND day BETWEEN %(today)s::date - 59 AND %(today)s::date
    UNION ALL
    SELECT member_id FROM wagtail_crm_tracking_dailytotal
    WHERE kind = 'login' AND day BETWEEN %(today)s::date - 29 AND %(today)s::date
    GROUP BY member_id HAVING sum(count) >= 2
)
"""
# Who is to be in it goes into a temporary table, because PostgreSQL reads in parallel only where
# nothing is written to tables that others see.
ASK = "CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS "
# Whoever leaves is kept as history.
LEAVE = """
WITH gone AS (
    DELETE FROM wagtail_crm_segments_membership membership WHERE segment_id = %(segment)s
    AND NOT EXISTS (SELECT FROM wanted WHERE wanted.id = membership.member_id)
    RETURNING segment_id, member_id, entered_at
)
INSERT INTO wagtail_crm_segments_pastmembership (segment_id, member_id, entered_at, left_at)
SELECT segment_id, member_id, entered_at, now() FROM gone
"""
ENTER = """
INSERT INTO wagtail_crm_segments_membership (segment_id, member_id, entered_at)
SELECT %(segment)s, id, now() FROM wanted WHERE NOT EXISTS (
    SELECT FROM wagtail_crm_segments_membership membership
    WHERE segment_id = %(segment)s AND member_id = wanted.id
)
"""


def make(seed: int) -> None:
    """The segment, and another that is not live, whose membership is kept by hand."""
    from wagtail_crm.segments.models import Segment

    Segment.objects.filter(name__in=[NAME, NAME_BY_HAND]).delete()
    Segment.objects.create(name=NAME, match="all", rules=rules())
    Segment.objects.create(name=NAME_BY_HAND, live=False)


def rules() -> list[tuple[str, dict[str, Any]]]:
    from wagtail.models import Page

    from wagtail_crm.members.models import AttributeDefinition, MemberTag

    attributes = {row.key: row for row in AttributeDefinition.objects.all()}
    lives = {"comparison": "one_of", "value": ", ".join(AROUND_TOKYO), "upper": ""}
    pays = {"comparison": "is_not", "value": "free", "upper": ""}
    active = [did("mail_open", days=60), did("login", times=2, days=30)]
    return [
        ("status", {"status": "registered"}),
        ("registered", {"when": "before", "days": 30}),
        ("consent", {"agreed": "agreed", "purpose": "email"}),
        ("attribute", {"attribute": attributes["prefecture"], **lives}),
        ("attribute", {"attribute": attributes["plan"], **pays}),
        ("tag", {"has": "has_not", "tag": MemberTag.objects.get(name="タグ0")}),
        did("page_view", times=3, days=90, on=[Page.objects.filter(depth=3).order_by("path")[0]]),
        spent(5_000, days=365),
        ("group", {"match": "any", "rules": active}),
    ]


def parameters(segment_id: int) -> dict[str, Any]:
    from django.utils import timezone
    from wagtail.models import Page

    from wagtail_crm.members.models import MemberTag
    from wagtail_crm.segments.rules.base import site_today

    today = site_today()
    first = today - datetime.timedelta(days=29)
    midnight = datetime.datetime.combine(first, datetime.time.min)
    return {
        "segment": segment_id,
        "today": today,
        "registered_before": timezone.make_aware(midnight, timezone.get_default_timezone()),
        "tag": MemberTag.objects.get(name="タグ0").pk,
        "path": Page.objects.filter(depth=3).order_by("path")[0].path + "%",
    }
