"""Writing events and their totals, so that only what is really new counts."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connections, router
from django.utils import timezone

from . import sql
from .arrays import array_cursor
from .batches import Batch, people_of
from .events import NewEvent
from .models import DailyTotal, Event

TotalKey = tuple[int, str, int, str, datetime.date]


def write_events(events: Iterable[NewEvent]) -> set[UUID]:
    """Insert ``events`` and add them to the totals; returns the ids that were really new.

    Must run in a transaction. One statement on PostgreSQL, a few on SQLite.
    """
    batch = Batch(events)
    return write_batch(batch, batch.events)


def write_batch(batch: Batch, events: Sequence[NewEvent]) -> set[UUID]:
    """Like :func:`write_events`, of a batch whose events have got their people meanwhile."""
    if not events:
        return set()
    connection = connections[router.db_for_write(Event)]
    if connection.vendor == "postgresql":
        return _write_postgresql(connection, batch, events)
    return _write_portable(events)


def _write_postgresql(connection: Any, batch: Batch, events: Sequence[NewEvent]) -> set[UUID]:
    ids = {event.id for event in events}
    columns = [*batch.facts, *people_of(events)]
    time_zone = timezone.get_default_timezone_name()
    with array_cursor(connection) as cursor:
        cursor.execute(sql.INGEST_POSTGRESQL, [*columns, time_zone, len(ids)])
        [[fresh]] = cursor.fetchall()
    return ids if fresh is None else set(fresh)


def _write_portable(events: Sequence[NewEvent]) -> set[UUID]:
    by_id = {event.id: event for event in events}
    known = Event.objects.in_bulk(list(by_id))
    fresh = [event for key, event in by_id.items() if key not in known]
    Event.objects.bulk_create([_row(event) for event in fresh])
    add_totals((_total_key(event), event.value) for event in fresh if not event.uncounted)
    return {event.id for event in fresh}


def _row(event: NewEvent) -> Event:
    return Event(**{name: getattr(event, name) for name in NewEvent.__struct_fields__})


def _total_key(event: NewEvent) -> TotalKey:
    return event.member_id, event.kind, event.page_id, event.subject, local_day(event.at)


def local_day(moment: datetime.datetime) -> datetime.date:
    """The day ``moment`` falls on in the site's time zone: the day of its daily total."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def add_totals(changes: Iterable[tuple[TotalKey, Decimal | None]], *, sign: int = 1) -> None:
    """Count each (key, value) once more, or once less with ``sign`` -1."""
    counts: Counter[TotalKey] = Counter()
    values: dict[TotalKey, Decimal] = defaultdict(Decimal)
    for key, value in changes:
        counts[key] += sign
        values[key] += sign * (value or 0)
    connection = connections[router.db_for_write(DailyTotal)]
    prepare = connection.ops.adapt_decimalfield_value
    rows = [
        (*key[:4], key[4].isoformat(), counts[key], prepare(values[key], 20, 4))
        for key in sorted(counts)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql.ADD_TOTAL, rows)


def delete_empty_totals_of(member_ids: Iterable[int]) -> None:
    """Totals that count nothing any more, but for those to which somebody is just adding."""
    empty = DailyTotal.objects.filter(member__in=list(member_ids)).empty()
    free = empty.select_for_update(skip_locked=True).values_list("pk", flat=True)
    DailyTotal.objects.filter(pk__in=list(free)).delete()
