"""What an event earns by a rule, and the key under which it can earn it only once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import swapper

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Membership
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.ingest import local_day

from .ledger import NewEntry
from .models import EarningRule

# Membership follows what people do a moment later: who registers in Tokyo is in the segment
# "Tokyo" just after the registration that a rule for this segment rewards.
GRACE = timedelta(minutes=5)


def points_for(rule: EarningRule, event: NewEvent) -> int:
    """The points that ``event`` is worth by ``rule``, whoever did it."""
    if not rule.per_value:
        return rule.points
    return max(0, int((event.value or 0) // rule.per_value)) * rule.points


def key_of(rule: EarningRule, event: NewEvent) -> str:
    """What cannot be earned twice: this event, this day's, or the member's only one."""
    match rule.frequency:
        case EarningRule.Frequency.ONCE:
            return f"rule:{rule.pk}:member:{event.member_id}"
        case EarningRule.Frequency.DAILY:
            return f"rule:{rule.pk}:member:{event.member_id}:day:{local_day(event.at)}"
    return f"rule:{rule.pk}:event:{event.id}"


@dataclass
class Surroundings:
    """What rules ask about some events beyond the events themselves, read in three queries."""

    members: set[int] = field(default_factory=set)
    paths: Mapping[int, str] = field(default_factory=dict)
    entered: Mapping[tuple[int, int], Any] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: Sequence[EarningRule], events: Sequence[NewEvent]) -> "Surroundings":
        ids = {event.member_id for event in events}
        present = Member.objects.present().filter(IsOneOf("pk", ids))
        found = cls(members=set(present.values_list("pk", flat=True)))
        segments = {rule.segment_id for rule in rules if rule.segment_id}
        if segments:
            memberships = Membership.objects.of_members(ids).decided_beforehand()
            rows = memberships.filter(segment__in=segments)
            found.entered = {
                (row.segment_id, row.member_id): row.entered_at for row in rows.iterator()
            }
        if any(rule.page_id for rule in rules):
            pages = swapper.load_model("wagtailcore", "Page").objects
            seen = pages.filter(pk__in={event.page_id for event in events})
            found.paths = dict(seen.values_list("pk", "path"))
        return found

    def allow(self, rule: EarningRule, event: NewEvent) -> bool:
        """Whether this member earns by this rule on this page at this moment."""
        if rule.kind != event.kind or event.member_id not in self.members:
            return False
        if event.at < rule.starts_at or (rule.ends_at and event.at >= rule.ends_at):
            return False
        if rule.page and not self.paths.get(event.page_id, "").startswith(rule.page.path):
            return False
        if rule.segment_id:
            entered = self.entered.get((rule.segment_id, event.member_id))
            return entered is not None and entered <= event.at + GRACE
        return True


def entries_for(rules: Sequence[EarningRule], events: Iterable[NewEvent]) -> list[NewEntry]:
    """What these events earn by these rules, whether it was booked before or not."""
    events = [event for event in events if event.member_id]
    if not rules or not events:
        return []
    surroundings = Surroundings.of(rules, events)
    return [
        NewEntry(
            key=key_of(rule, event),
            member_id=event.member_id,
            amount=points,
            label=rule.label,
            rule_id=rule.pk,
            event_id=event.id,
            at=event.at,
        )
        for event in events
        for rule in rules
        if surroundings.allow(rule, event) and (points := points_for(rule, event))
    ]
