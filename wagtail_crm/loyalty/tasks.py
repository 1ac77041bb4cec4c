"""Celery entry points."""

from celery import shared_task

from . import actions


@shared_task
def sweep_points() -> int:
    """Give the points that a dead process did not give, and end those of members who left."""
    return actions.award_missed_points() + actions.forfeit_points_of_withdrawn()
