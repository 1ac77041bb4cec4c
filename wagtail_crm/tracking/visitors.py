"""Browsers of a batch of events: seen again, and whose they are."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connections, router
from django.utils import timezone

from . import arrays, sql
from .events import NOBODY, NewEvent, as_json
from .kinds import require_kind
from .models import Reason, Visitor


class Sighting(NamedTuple):
    """One browser in a batch: when it was seen, and where it came from."""

    id: UUID
    first_seen_at: datetime.datetime
    last_seen_at: datetime.datetime
    first_touch: dict[str, Any]
    last_touch: dict[str, Any]


class Owner(NamedTuple):
    """Whose a browser is, what of it is theirs, whether it said no, and whether it is a machine."""

    member_id: int | None
    owned_until: datetime.datetime | None
    forgotten_at: datetime.datetime | None
    machine_because: str = ""

    def gets(self, event: NewEvent) -> bool:
        """Whether what was done with nobody signed in is the owner's."""
        return (
            bool(self.member_id)
            and event.member_id == NOBODY
            and self.owned_until is not None
            and event.at <= self.owned_until
        )

    def hides(self, event: NewEvent) -> bool:
        """Whether it is a machine's visit; see :func:`wagtail_crm.tracking.verdicts.visits_of`."""
        if not self.machine_because or require_kind(event.kind).only_people:
            return False
        signed_in = event.member_id != NOBODY and not event.handed_over
        return not signed_in or self.machine_because == Reason.COLLEAGUE


def not_seen_yet() -> dict[str, datetime.datetime]:
    """Of a row that is made before the browser's first visit is written: by a yes, by signing in.

    It was last seen before it was first: so the first visit can tell, and says what led there.
    """
    now = timezone.now()
    return {"first_seen_at": now, "last_seen_at": now - datetime.timedelta(microseconds=1)}


def with_owners(events: Sequence[NewEvent]) -> list[NewEvent]:
    """Note that the browsers were seen, and give each event to whom its browser belonged then.

    An event may have waited in the buffer while its visitor logged in: it is that member's now.
    One whose visitor has since said no loses the visitor's id. Must run in a transaction; the
    rows of the browsers stay locked, so that nobody logs in on them halfway.
    """
    # By number: hashing it takes a tenth of the time.
    seen: dict[int, list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        if event.visitor_id:
            seen[event.visitor_id.int].append(place)
    if not seen:
        return list(events)
    rows = [_sighting([events[place] for place in seen[key]]) for key in sorted(seen)]
    connection = connections[router.db_for_write(Visitor)]
    if connection.vendor == "postgresql":
        known = _touch_postgresql(connection, rows)
    else:
        known = _touch_portable(rows)
    owned = list(events)
    for key, owner in known.items():
        for place in seen[key.int]:
            owned[place] = _with_owner(events[place], owner)
    return owned


def _sighting(events: list[NewEvent]) -> Sighting:
    """Of the browser of these ``events``."""
    events.sort(key=attrgetter("at"))
    touches = [touch for event in events if (touch := event.data.get("touch"))]
    first_touch = events[0].data.get("touch", {})
    last_touch = touches[-1] if touches else {}
    key: Any = events[0].visitor_id
    return Sighting(key, events[0].at, events[-1].at, first_touch, last_touch)


def _touch_postgresql(connection: Any, rows: list[Sighting]) -> dict[UUID, Owner]:
    columns = [
        arrays.uuids([row.id for row in rows]),
        arrays.moments([row.first_seen_at for row in rows]),
        arrays.moments([row.last_seen_at for row in rows]),
        arrays.documents([as_json(row.first_touch) for row in rows]),
        arrays.documents([as_json(row.last_touch) for row in rows]),
    ]
    with arrays.array_cursor(connection) as cursor:
        cursor.execute(sql.TOUCH_VISITORS_POSTGRESQL, columns)
        return {key: Owner(*owner) for key, *owner in cursor.fetchall()}


def _touch_portable(rows: list[Sighting]) -> dict[UUID, Owner]:
    known = Visitor.objects.select_for_update().in_bulk([row.id for row in rows])
    for row in rows:
        if visitor := known.get(row.id):
            _merge(visitor, row)
    columns = ["first_seen_at", "last_seen_at", "first_touch", "last_touch"]
    Visitor.objects.bulk_update(known.values(), columns)
    new = [Visitor(**row._asdict()) for row in rows if row.id not in known]
    Visitor.objects.bulk_create(new)
    return {
        key: Owner(
            visitor.member_id,
            visitor.owned_until,
            visitor.forgotten_at,
            visitor.verdict_reason if visitor.is_machine else "",
        )
        for key, visitor in known.items()
    }


def _merge(visitor: Visitor, sighting: Sighting) -> None:
    is_new = visitor.last_seen_at < visitor.first_seen_at
    is_first = is_new or sighting.first_seen_at < visitor.first_seen_at
    is_last = is_new or sighting.last_seen_at >= visitor.last_seen_at
    if is_first:
        visitor.first_seen_at = sighting.first_seen_at
    if is_last:
        visitor.last_seen_at = sighting.last_seen_at
    if is_first and visitor.forgotten_at is None:
        visitor.first_touch = sighting.first_touch
    if is_last and visitor.forgotten_at is None:
        visitor.last_touch = sighting.last_touch or visitor.last_touch


def _with_owner(event: NewEvent, owner: Owner) -> NewEvent:
    uncounted = owner.hides(event)
    if event.uncounted != uncounted:
        event = msgspec.structs.replace(event, uncounted=uncounted)
    if owner.gets(event):
        return msgspec.structs.replace(event, member_id=owner.member_id, handed_over=True)
    if owner.forgotten_at is not None and event.member_id != owner.member_id:
        return msgspec.structs.replace(event, visitor_id=None)
    return event
