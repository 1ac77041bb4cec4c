"""What a rule would give, said before; and what it gave, said after."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from wagtail_crm.segments.models import Membership

from .amounts import in_points
from .models import EarningRule, Entry


def promised_points(kind: str, pages: Sequence[Any], member_id: int) -> dict[int, str]:
    """What an event of ``kind`` on each page would earn now; rules per amount promise nothing."""
    rules = EarningRule.objects.in_force(timezone.now()).for_kinds([kind])
    fixed = list(rules.filter(per_value=None).select_related("page"))
    open_rules = _open_to(member_id, fixed)
    promised = {
        page.pk: sum(rule.points for rule in open_rules if _covers(rule, page)) for page in pages
    }
    return {page_id: in_points(points) for page_id, points in promised.items() if points}


def _open_to(member_id: int, rules: Iterable[EarningRule]) -> list[EarningRule]:
    """The rules by which this member can still earn; for nobody, those for everybody."""
    segments: set[int] = set()
    had: set[int | None] = set()
    if member_id:
        segments = set(
            Membership.objects.of_members([member_id])
            .decided_beforehand()
            .values_list("segment_id", flat=True)
        )
        once = Entry.objects.filter(
            account__member=member_id, rule__frequency=EarningRule.Frequency.ONCE
        )
        had = set(once.values_list("rule_id", flat=True))
    return [
        rule
        for rule in rules
        if rule.pk not in had and (rule.segment_id is None or rule.segment_id in segments)
    ]


def _covers(rule: EarningRule, page: Any) -> bool:
    return rule.page is None or page.path.startswith(rule.page.path)


def given_points(event_id: UUID) -> str:
    """What an event earned, or ""."""
    points = Entry.objects.for_event(event_id).total()
    return in_points(points) if points else ""
