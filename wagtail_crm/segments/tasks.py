"""Celery entry points."""

from celery import shared_task

from . import actions


@shared_task
def refresh_timed() -> int:
    """Count anew the segments that change by the passing of time; returns how many."""
    return actions.refresh_timed_segments()
