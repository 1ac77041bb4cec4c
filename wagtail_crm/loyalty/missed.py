"""Events that ought to have earned points and did not."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from wagtail_crm.tracking.events import NOBODY, NewEvent
from wagtail_crm.tracking.models import Event

from .models import EarningRule, Entry

BATCH = 1000
ONE_DAY = datetime.timedelta(days=1)


def unrewarded_events(
    rule: EarningRule, since: datetime.datetime, member_ids: Iterable[int] | None = None
) -> Iterator[list[NewEvent]]:
    """What members did since then that ``rule`` gave them nothing for yet, in batches."""
    candidates = _without_entry(rule, _of_rule(rule, since))
    if member_ids is None:
        candidates = candidates.exclude(member=NOBODY).filter(pk__gte=_first_id(since - ONE_DAY))
    else:
        candidates = candidates.filter(member__in=list(member_ids))
    last: Any = None
    while True:
        later = candidates if last is None else candidates.filter(pk__gt=last)
        rows = list(later.order_by("pk")[:BATCH])
        if not rows:
            return
        yield [_new_event(row) for row in rows]
        last = rows[-1].pk


def _of_rule(rule: EarningRule, since: datetime.datetime) -> QuerySet[Event]:
    events = Event.objects.counted().of_kinds(rule.kind).filter(at__gte=max(since, rule.starts_at))
    return events.filter(at__lt=rule.ends_at) if rule.ends_at else events


def _without_entry(rule: EarningRule, events: QuerySet[Event]) -> QuerySet[Event]:
    entries = Entry.objects.filter(rule=rule)
    if rule.frequency == EarningRule.Frequency.ONCE:
        return events.filter(~Exists(entries.filter(account__member=OuterRef("member"))))
    return events.filter(~Exists(entries.filter(event_id=OuterRef("pk"))))


def _first_id(moment: datetime.datetime) -> UUID:
    """The least UUIDv7 of that moment: the primary key finds recent events without an index."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _new_event(row: Event) -> NewEvent:
    return NewEvent(**{name: getattr(row, name) for name in NewEvent.__struct_fields__})
