"""Whether the log and its totals are what was taken from the pages, no more and no less."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

FIELDS = ("kind", "at", "member_id", "visitor_id", "page_id", "site_id", "subject", "value", "data")

KEY = ("member_id", "kind", "page_id", "subject", "day")


def recount(logs: Iterable[Path]) -> dict[str, int]:
    """Numbers of events and totals; after ``recorded`` they should be 0."""
    from django.db import connections

    from wagtail_crm.tracking.models import Event, RefusedEvent

    connections.close_all()  # they broke when the server was killed
    taken = {event.id: event for event in _taken(logs)}
    ids = Counter(Event.objects.values_list("pk", flat=True).iterator())
    rows = Event.objects.values_list("pk", *FIELDS).iterator()
    changed = sum(pk in taken and row != _fields(taken[pk]) for pk, *row in rows)
    return {
        "taken": len(taken),
        "recorded": ids.total(),
        "lost": len(taken.keys() - ids.keys()),
        "unknown": len(ids.keys() - taken.keys()),
        "twice": ids.total() - len(ids),
        "changed": changed,
        "wrong_totals": _wrong_totals(taken.values()),
        "set_aside": RefusedEvent.objects.count(),
    }


def _taken(logs: Iterable[Path]) -> Iterable[Any]:
    from wagtail_crm.tracking.events import NewEvent

    for log in logs:
        yield from map(NewEvent.from_json, log.read_bytes().splitlines())


def _fields(event: Any) -> list[Any]:
    return [getattr(event, name) for name in FIELDS]


def _wrong_totals(events: Iterable[Any]) -> int:
    from wagtail_crm.tracking.ingest import local_day
    from wagtail_crm.tracking.models import DailyTotal

    counts: Counter[tuple] = Counter()
    values: dict[tuple, Decimal] = defaultdict(Decimal)
    for event in events:
        day = local_day(event.at)
        key = (event.member_id, event.kind, event.page_id, event.subject, day)
        counts[key] += 1
        values[key] += event.value or 0
    rows = DailyTotal.objects.values_list(*KEY, "count", "value").iterator()
    found = {tuple(key): (count, value) for *key, count, value in rows}
    keys = counts.keys() | found.keys()
    return sum(found.get(key) != (counts[key], values[key]) for key in keys)
