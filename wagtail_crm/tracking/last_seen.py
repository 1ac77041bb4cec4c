"""When members were last seen, to the hour, from the visits of a batch."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import connections, models, router

from wagtail_crm.members.models import Member

from . import arrays, sql
from .events import NewEvent

Hours = dict[int, datetime.datetime]


def note_last_seen(events: Iterable[NewEvent]) -> None:
    """Move the members of these visits forward; whoever is being changed can wait."""
    hours = _latest_hours(events)
    connection = connections[router.db_for_write(Member)]
    if hours and connection.vendor == "postgresql":
        _note_postgresql(connection, hours)
        return
    for member_id, hour in hours.items():
        earlier = models.Q(last_seen_at=None) | models.Q(last_seen_at__lt=hour)
        Member.objects.filter(earlier, pk=member_id).update(last_seen_at=hour)


def _latest_hours(events: Iterable[NewEvent]) -> Hours:
    latest: Hours = {}
    for event in events:
        if event.member_id and event.is_visit:
            latest[event.member_id] = max(event.at, latest.get(event.member_id, event.at))
    return {pk: at.replace(minute=0, second=0, microsecond=0) for pk, at in latest.items()}


def _note_postgresql(connection: Any, hours: Hours) -> None:
    columns = [arrays.integers(list(hours)), arrays.moments(list(hours.values()))]
    with arrays.array_cursor(connection) as cursor:
        cursor.execute(sql.NOTE_LAST_SEEN_POSTGRESQL, columns)
