"""What is past its time goes; daily totals stay unless the site says otherwise.

Each function is one chore and returns how many rows it concerns; with ``dry`` it changes nothing.
"""

import datetime
import logging
from typing import Any

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from wagtail_crm.conf import crm_settings

from . import partitions
from .events import NOBODY
from .ingest import local_day
from .models import DailyTotal, Event, RefusedEvent, Upkeep, Visitor

logger = logging.getLogger(__name__)

# How long the id of a browser that said no is kept, for what is still in the buffer.
FORGOTTEN = datetime.timedelta(days=1)
UPKEEP = datetime.timedelta(days=400)
ROWS_AT_A_TIME = 10_000
# Subjects that lead to one person in the tables of other rooms.
PERSONAL_SUBJECT = "order:"


def days_ago(days: int) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(days=days)


def kept_since() -> datetime.datetime:
    """What is older is dropped: after ``EVENT_RETENTION_DAYS``.

    By whole months where the log is partitioned, so up to a month later there.
    """
    moment = days_ago(crm_settings.event_retention_days)
    if not partitions.is_partitioned():
        return moment
    return datetime.datetime.combine(partitions.month_of(moment), datetime.time(), datetime.UTC)


def drop_events(*, dry: bool) -> int:
    """Events past their retention; what never got into a month goes row by row.

    A month that somebody reads just now waits for the next run, to go as a whole.
    """
    moment = kept_since()
    events = Event.objects.before(moment)
    number = events.count()
    if dry:
        return number
    for name in partitions.drop_before(moment):
        logger.info("The month %s of the event log was dropped.", name)
    if not partitions.ended_before(moment):
        _delete(events, dry=False)
    return number - events.count()


def anonymise_events(*, dry: bool) -> int:
    """Raw events after ``EVENT_ANONYMISE_DAYS`` lose member, browser and details."""
    days = crm_settings.event_anonymise_days
    if days is None:
        return 0
    old = Event.objects.before(days_ago(days)).since(kept_since())
    # Apart, because each has an index of its own: timeline, and browsers of nobody.
    parts = (old.filter(member__gt=NOBODY), old.without_owner().filter(visitor__isnull=False))
    return sum(part.count() if dry else _anonymise(part) for part in parts)


def _anonymise(events: QuerySet[Event]) -> int:
    subject = Case(When(subject__startswith=PERSONAL_SUBJECT, then=Value("")), default=F("subject"))
    total = 0
    while rows := list(events.values_list("pk", "at")[:ROWS_AT_A_TIME]):
        # The moments tell in which months to look for the keys: not in all of them.
        times = [at for _pk, at in rows]
        some = Event.objects.filter(pk__in=[pk for pk, _at in rows])
        total += some.filter(at__range=(min(times), max(times))).update(
            member=NOBODY, visitor=None, data={}, handed_over=False, subject=subject
        )
    return total


def delete_refused_events(*, dry: bool) -> int:
    """What was set aside says whose it was: it goes when the first of both times has come."""
    days = [crm_settings.event_retention_days, crm_settings.event_anonymise_days]
    moment = days_ago(min(day for day in days if day is not None))
    return _delete(RefusedEvent.objects.filter(at__lt=moment), dry)


def delete_unseen_visitors(*, dry: bool) -> int:
    """Browsers of nobody whose cookie has expired."""
    return _delete(Visitor.objects.unseen_since(timezone.now() - crm_settings.cookie_age), dry)


def delete_forgotten_visitors(*, dry: bool) -> int:
    """Browsers that said no and came back within the life of their cookie; the others are gone."""
    forgotten = Visitor.objects.forgotten_before(timezone.now() - FORGOTTEN)
    return _delete(forgotten.seen_since(timezone.now() - crm_settings.cookie_age), dry)


def delete_totals(*, dry: bool) -> int:
    """Totals after ``TOTAL_RETENTION_DAYS``, if the site sets it."""
    day = _totals_kept_since()
    return _delete(DailyTotal.objects.before(day), dry) if day else 0


def delete_empty_totals(*, dry: bool) -> int:
    """Of those that are not past their retention."""
    empty, day = DailyTotal.objects.empty(), _totals_kept_since()
    return _delete(empty.since(day) if day else empty, dry)


def _totals_kept_since() -> datetime.date | None:
    days = crm_settings.total_retention_days
    return None if days is None else local_day(days_ago(days))


def delete_old_upkeep(*, dry: bool) -> int:
    return _delete(Upkeep.objects.filter(at__lt=timezone.now() - UPKEEP), dry)


def _delete(rows: QuerySet[Any], dry: bool) -> int:
    """In pieces, so that nobody waits long; a row that is being changed waits for the next run."""
    if dry:
        return rows.count()
    total = 0
    while number := _delete_some(rows):
        total += number
    return total


@transaction.atomic
def _delete_some(rows: QuerySet[Any]) -> int:
    free = rows.select_for_update(skip_locked=True)
    keys = list(free.values_list("pk", flat=True)[:ROWS_AT_A_TIME])
    return rows.model._base_manager.filter(pk__in=keys).delete()[0]
