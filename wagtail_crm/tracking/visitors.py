"""Browsers of a batch of events: seen again, and whose they are."""

import dataclasses
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connections, router

from . import sql
from .events import NOBODY, NewEvent
from .models import Visitor


def with_owners(events: Sequence[NewEvent]) -> list[NewEvent]:
    """Note that the browsers were seen, and give each event to whom its browser belonged then.

    An event may have waited in the buffer while its visitor logged in: it is that member's now.
    One whose visitor has since said no loses the visitor's id. Must run in a transaction; the
    rows of the browsers stay locked, so that nobody logs in on them halfway.
    """
    seen: dict[UUID, list[NewEvent]] = defaultdict(list)
    for event in events:
        if event.visitor_id:
            seen[event.visitor_id].append(event)
    if not seen:
        return list(events)
    rows = [_sighting(key, seen[key]) for key in sorted(seen)]
    connection = connections[router.db_for_write(Visitor)]
    if connection.vendor == "postgresql":
        known = _touch_postgresql(connection, rows)
    else:
        known = _touch_portable(rows)
    return [_with_owner(event, known) for event in events]


def _sighting(key: UUID, events: list[NewEvent]) -> Visitor:
    events = sorted(events, key=lambda event: event.at)
    touches = [event.data["touch"] for event in events if event.data.get("touch")]
    return Visitor(
        pk=key,
        first_seen_at=events[0].at,
        last_seen_at=events[-1].at,
        first_touch=events[0].data.get("touch", {}),
        last_touch=touches[-1] if touches else {},
    )


def _touch_postgresql(connection: Any, rows: list[Visitor]) -> dict[UUID, Visitor]:
    columns: list[list[Any]] = [
        [row.pk for row in rows],
        [row.first_seen_at for row in rows],
        [row.last_seen_at for row in rows],
        [json.dumps(row.first_touch) for row in rows],
        [json.dumps(row.last_touch) for row in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.TOUCH_VISITORS_POSTGRESQL, columns)
        return {
            key: Visitor(pk=key, member_id=member, linked_at=linked, forgotten_at=forgotten)
            for key, member, linked, forgotten in cursor.fetchall()
        }


def _touch_portable(rows: list[Visitor]) -> dict[UUID, Visitor]:
    known = Visitor.objects.select_for_update().in_bulk([row.pk for row in rows])
    for row in rows:
        if visitor := known.get(row.pk):
            _merge(visitor, row)
    columns = ["first_seen_at", "last_seen_at", "first_touch", "last_touch"]
    Visitor.objects.bulk_update(known.values(), columns)
    Visitor.objects.bulk_create([row for row in rows if row.pk not in known])
    return known


def _merge(visitor: Visitor, sighting: Visitor) -> None:
    if visitor.forgotten_at is None:
        if sighting.first_seen_at < visitor.first_seen_at:
            visitor.first_touch = sighting.first_touch
        if sighting.last_touch and sighting.last_seen_at >= visitor.last_seen_at:
            visitor.last_touch = sighting.last_touch
    visitor.first_seen_at = min(visitor.first_seen_at, sighting.first_seen_at)
    visitor.last_seen_at = max(visitor.last_seen_at, sighting.last_seen_at)


def _with_owner(event: NewEvent, known: dict[UUID, Visitor]) -> NewEvent:
    visitor = known.get(event.visitor_id) if event.visitor_id else None
    if visitor is None:
        return event
    if visitor.forgotten_at is not None:
        return dataclasses.replace(event, visitor_id=None)
    if event.member_id or visitor.linked_at is None or event.at > visitor.linked_at:
        return event
    return dataclasses.replace(event, member_id=visitor.member_id or NOBODY)
