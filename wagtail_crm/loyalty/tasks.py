"""Celery entry points, and the decision whether to recount now or to leave it to a worker."""

from math import inf

from celery import shared_task

from wagtail_crm.conf import crm_settings
from wagtail_crm.jobs import enqueue

from . import actions

# Seconds that an editor waits for a recount of ranks.
AT_MOST = 2.0
# Seconds that one task recounts before it lets other tasks of the queue come in.
PATIENCE = 20.0


@shared_task
def sweep_points() -> int:
    """Give the points that a dead process did not give, and end those of members who left."""
    return actions.award_missed_points() + actions.forfeit_points_of_withdrawn()


@shared_task
def sweep_ranks() -> int:
    """Lower ranks that time has lowered, end those of who left, and go on with a recount."""
    moved = actions.end_ranks_of_withdrawn() + actions.let_time_pass()
    if actions.ask_recount_if_needed():
        recount_ranks()
    return moved


@shared_task
def recount_ranks() -> None:
    """Go on with looking at everybody's rank, then let another task go on."""
    if actions.recount(seconds=PATIENCE if crm_settings.use_workers else inf):
        enqueue(recount_ranks)


def begin_recount() -> None:
    """After ranks were changed: look at everybody now, or let a worker do what takes long."""
    if actions.ask_recount_if_needed() and actions.recount(seconds=AT_MOST):
        enqueue(recount_ranks)
