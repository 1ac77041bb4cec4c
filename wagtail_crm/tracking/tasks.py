"""Celery entry points."""

import datetime
import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from wagtail_crm.jobs import enqueue

from . import actions, buffer, upkeep, verdicts

logger = logging.getLogger(__name__)

# How far back the sweep looks for what a process that died left unrecorded.
SWEEP = datetime.timedelta(days=1)


@shared_task(bind=True)
def drain(self: Any) -> int:
    """Write what waits in the buffer; returns the number of events."""
    stay = not (self.request.called_directly or self.request.is_eager)
    try:
        done = actions.drain_buffer(stay=stay)
        if stay and buffer.call_worker():
            enqueue(drain)
    except buffer.BufferUnavailable as reason:
        logger.warning("The buffer cannot be read: %s", reason)
        return 0
    return done


@shared_task
def retry_refused() -> int:
    """Try again what was set aside; returns how many events are gone."""
    return actions.retry_refused_events()


@shared_task
def record_missing() -> int:
    """Record registrations, consents and withdrawals nobody wrote down; returns how many."""
    return actions.record_missing_facts(since=timezone.now() - SWEEP)


@shared_task
def maintain() -> dict[str, int]:
    """Upkeep of the log, once a day however often it is called; returns what was done."""
    return upkeep.run_if_due()


@shared_task
def judge_visitors() -> int:
    """Tell people and machines apart by what they did lately; returns how many were judged."""
    return verdicts.judge_recent()
