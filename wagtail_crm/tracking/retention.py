"""What is past its time goes; daily totals stay unless the site says otherwise.

Each function is one chore and returns how many rows it concerns; with ``dry`` it changes nothing.
"""

import datetime
import logging
from typing import Any

from django.db.models import QuerySet
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


def drop_events(*, dry: bool) -> int:
    """Events after ``EVENT_RETENTION_DAYS``.

    By whole months where the log is partitioned, so up to a month later there; what never got
    into a month goes row by row.
    """
    moment = days_ago(crm_settings.event_retention_days)
    if partitions.is_partitioned():
        start = partitions.month_of(moment)
        moment = datetime.datetime.combine(start, datetime.time(), datetime.UTC)
    events = Event.objects.before(moment)
    number = events.count()
    if not dry:
        for name in partitions.drop_before(moment):
            logger.info("The month %s of the event log was dropped.", name)
        _delete(events, dry=False)
    return number


def anonymise_events(*, dry: bool) -> int:
    """Raw events after ``EVENT_ANONYMISE_DAYS`` lose member, browser and details."""
    days = crm_settings.event_anonymise_days
    if days is None:
        return 0
    old = Event.objects.before(days_ago(days))
    # Apart, because each has an index of its own: timeline, and browsers of nobody.
    parts = (old.filter(member__gt=NOBODY), old.without_owner().filter(visitor__isnull=False))
    return sum(part.count() if dry else _anonymise(part) for part in parts)


def _anonymise(events: QuerySet[Event]) -> int:
    total = 0
    while keys := list(events.values_list("pk", flat=True)[:ROWS_AT_A_TIME]):
        rows = Event.objects.filter(pk__in=keys)
        rows.filter(subject__startswith=PERSONAL_SUBJECT).update(subject="")
        total += rows.update(member=NOBODY, visitor=None, data={}, handed_over=False)
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
    return _delete(Visitor.objects.forgotten_before(timezone.now() - FORGOTTEN), dry)


def delete_totals(*, dry: bool) -> int:
    """Totals after ``TOTAL_RETENTION_DAYS``, if the site sets it."""
    days = crm_settings.total_retention_days
    if days is None:
        return 0
    return _delete(DailyTotal.objects.before(local_day(days_ago(days))), dry)


def delete_empty_totals(*, dry: bool) -> int:
    return _delete(DailyTotal.objects.empty(), dry)


def delete_old_upkeep(*, dry: bool) -> int:
    return _delete(Upkeep.objects.filter(at__lt=timezone.now() - UPKEEP), dry)


def _delete(rows: QuerySet[Any], dry: bool) -> int:
    """In pieces, so that nobody waits long."""
    if dry:
        return rows.count()
    total = 0
    while keys := list(rows.values_list("pk", flat=True)[:ROWS_AT_A_TIME]):
        total += rows.filter(pk__in=keys).delete()[0]
    return total
