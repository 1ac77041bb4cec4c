"""Celery entry points, and the decision whether to count now or to leave it to a worker."""

import logging
from datetime import timedelta
from math import inf

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from wagtail_crm.conf import crm_settings
from wagtail_crm.jobs import enqueue
from wagtail_crm.members.models import Member

from . import actions, static
from .models import Segment, SegmentRun
from .runs import actions as runs

logger = logging.getLogger(__name__)

# Up to so many members, counting a segment takes no longer than an editor notices.
COUNT_AT_ONCE = 50_000
# Seconds that an editor waits for a small run.
AT_MOST = 5.0
# A run without a sign of life for so long has lost its worker.
QUIET = timedelta(minutes=2)


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


@shared_task
def work_on_run(run_id: int) -> None:
    """Go on with an action on a segment, then let another task go on."""
    if runs.work_on(run_id=run_id):
        enqueue(work_on_run, run_id)


@shared_task
def sweep_runs() -> str:
    """Go on with what nobody works at, forget what is old, mend static segments."""
    quiet = timezone.now() - (QUIET if crm_settings.use_workers else timedelta())
    stalled = list(SegmentRun.objects.quiet_since(quiet).values_list("pk", flat=True))
    for run_id in stalled:
        if crm_settings.use_workers:
            enqueue(work_on_run, run_id)
        else:
            runs.work_on(run_id=run_id, seconds=inf)
    expired, mended = runs.expire_runs(), static.mend_static_segments()
    return f"{len(stalled)} went on, {expired} forgotten, {mended} counted"


def begin(run: SegmentRun) -> None:
    """Do a small run now, or let a worker begin with it."""
    if run.total <= crm_settings.run_at_once:
        try:
            runs.work_on(run_id=run.pk, seconds=AT_MOST)
        except DatabaseError:  # two transactions in each other's way; what is left comes later
            logger.exception("Run %s is left to a worker.", run.pk)
    if SegmentRun.objects.running().filter(pk=run.pk).exists():
        enqueue(work_on_run, run.pk)


def _is_long() -> bool:
    return crm_settings.use_workers and Member.objects.count() > COUNT_AT_ONCE
