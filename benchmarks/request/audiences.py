"""A thousand segments and what makes a block personal, for each variant.

The member is in a fifth of them, among them those that her page names; the visitor's page hides
its blocks from segments. So every variant shows everything, and the work of showing it is equal.
wagtail-personalisation gets fifty at most: a page costs it ten queries for each.
"""

import os
from typing import Any

from django.conf import settings

from benchmarks.portal.models import PortalPage

SEGMENTS = int(os.environ.get("BENCH_SEGMENTS", "1000"))
SEGMENTS_OF_PEER = min(SEGMENTS, 50)
IN = range(0, SEGMENTS, 5)


# What each of the two personal blocks gets in addition: on the member's page, on the visitor's.
Additions = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def prepare(user: Any, page: PortalPage) -> Additions:
    """Make the segments."""
    return {"bare": _nothing, "crm": _crm, "peer": _peer}[settings.VARIANT](user, page)


def name_of(number: int) -> str:
    return f"Segment {number // 5 + 1 if number in IN else f'{number} without her'}"


def _nothing(user: Any, page: PortalPage) -> Additions:
    return [{}, {}], [{}, {}]


def _crm(user: Any, page: PortalPage) -> Additions:
    from wagtail_crm.members.actions import record_consent, register_member, update_member
    from wagtail_crm.segments.actions import refresh_segment
    from wagtail_crm.segments.models import Segment

    member = register_member(user=user, verified_email=user.email)
    update_member(member=member, fields={"given_name": "陽子", "family_name": "田中"})
    record_consent(member=member, purpose="profiling", granted=True, source="benchmark")
    # All of them first: each new one makes the process read the rules of all again.
    segments = [
        Segment.objects.create(name=name_of(number), rules=_crm_rules(number, page))
        for number in range(SEGMENTS)
    ]
    for segment in segments:
        refresh_segment(segment=segment)
    made = [segment.pk for segment in segments]
    audience = {"match": "any", "segments": [], "excluded": [], "devices": [], "share": 100}
    shown = [{"audience": audience | {"segments": [made[number]]}} for number in (0, 10)]
    hidden = [{"audience": audience | {"excluded": [made[number]]}} for number in (0, 10)]
    return shown, hidden


def _crm_rules(number: int, page: PortalPage) -> list[tuple[str, dict[str, Any]]]:
    status = "registered" if number in IN else "prospect"
    visited = {
        "kind": "page_view",
        "comparison": "at_least",
        "times": 1000 + number,
        "days": 30,
        "pages": [page],
        "below": True,
        "subject": "",
    }
    rules: list[tuple[str, dict[str, Any]]] = [("status", {"status": status})]
    return rules if number in IN else [*rules, ("behaviour", visited)]


def _peer(user: Any, page: PortalPage) -> Additions:
    from wagtail_personalisation.models import Segment
    from wagtail_personalisation.rules import UserIsLoggedInRule, VisitCountRule

    made = []
    for number in range(SEGMENTS_OF_PEER):
        segment = Segment.objects.create(name=name_of(number), persistent=True)
        if number in IN:
            UserIsLoggedInRule.objects.create(segment=segment, is_logged_in=True)
        else:
            VisitCountRule.objects.create(
                segment=segment, operator="more_than", count=1000 + number, counted_page=page
            )
        made.append(segment.pk)
    return [{"segment": str(made[number])} for number in (0, 10)], [{}, {}]
