"""Celery entry points, and the decision whether to count now or to leave it to a worker."""

from celery import shared_task

from wagtail_crm.conf import crm_settings
from wagtail_crm.jobs import enqueue
from wagtail_crm.members.models import Member

from . import actions
from .models import Segment

# Up to so many members, counting a segment takes no longer than an editor notices.
COUNT_AT_ONCE = 50_000


@shared_task
def refresh_timed() -> int:
    """Count anew the segments that a new day changes, and note all sizes; returns how many."""
    refreshed = actions.refresh_waiting() + actions.refresh_timed_segments()
    actions.record_sizes()
    return refreshed


@shared_task
def forget_past() -> int:
    """Drop the history that is past its retention; returns the number of rows."""
    return actions.forget_past_memberships()


@shared_task
def refresh_waiting() -> int:
    """Count the segments whose rules have changed; returns how many."""
    return actions.refresh_waiting()


@shared_task
def refresh_segment(segment_id: int) -> None:
    """Count one segment anew, unless it is gone."""
    for segment in Segment.objects.filter(pk=segment_id):
        actions.refresh_segment(segment=segment)


def count(segment_id: int) -> None:
    """Count one segment now, or soon when the list is long."""
    if _is_long():
        enqueue(refresh_segment, segment_id)
    else:
        refresh_segment(segment_id)


def count_waiting() -> None:
    """Count the segments that wait for it now, or soon when the list is long."""
    if _is_long():
        enqueue(refresh_waiting)
    else:
        refresh_waiting()


def _is_long() -> bool:
    return crm_settings.use_workers and Member.objects.count() > COUNT_AT_ONCE
