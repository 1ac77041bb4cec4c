"""What is past its time goes; daily totals stay."""

import datetime

from django.utils import timezone

from wagtail_crm.conf import crm_settings

from . import partitions
from .models import DailyTotal, Event, RefusedEvent, Visitor

# How long the id of a browser that said no is kept, for what is still in the buffer.
FORGOTTEN = datetime.timedelta(days=1)
ROWS_AT_A_TIME = 10_000


def expire() -> int:
    """Drop raw events after ``EVENT_RETENTION_DAYS``, and browsers nobody comes back with.

    Whole months where the log is partitioned, so up to a month later there. Returns the number
    of partitions and rows that went.
    """
    now = timezone.now()
    moment = now - datetime.timedelta(days=crm_settings.event_retention_days)
    dropped = partitions.drop_before(moment)
    rows = _delete_events_before(_whole_months(moment))
    doomed = [
        RefusedEvent.objects.filter(at__lt=moment),
        Visitor.objects.unseen_since(now - crm_settings.cookie_age),
        Visitor.objects.forgotten_before(now - FORGOTTEN),
        DailyTotal.objects.empty(),
    ]
    return len(dropped) + rows + sum(queryset.delete()[0] for queryset in doomed)


def _whole_months(moment: datetime.datetime) -> datetime.datetime:
    if not partitions.is_partitioned():
        return moment
    start = partitions.month_of(moment)
    return datetime.datetime.combine(start, datetime.time(), datetime.UTC)


def _delete_events_before(moment: datetime.datetime) -> int:
    """In pieces, so that nobody waits long. What has a partition is gone already."""
    total = 0
    while keys := list(Event.objects.before(moment).values_list("pk", flat=True)[:ROWS_AT_A_TIME]):
        total += Event.objects.filter(pk__in=keys).delete()[0]
    return total
