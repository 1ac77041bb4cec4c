"""Work outside requests: sent to Celery once committed, and swept up on a schedule.

A row with a status says what is to be done. Enqueueing only makes it happen sooner: without
a broker, ``manage.py crm_run`` from cron does the same work.
"""

import datetime
import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError
from kombu.pools import producers

from .conf import crm_settings
from .registry import Registry

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A Celery task without arguments that is safe to run at any time, as often as one likes.

    ``every`` is well below a day: a scheduler that is started anew every night, and counts from
    there, would never get to it.
    """

    slug: str
    task: Any
    every: datetime.timedelta
    description: Any

    def __call__(self) -> Any:
        return self.task()


jobs: Registry[Job] = Registry("register_crm_jobs", Job)


def enqueue(task: Any, *ids: Any) -> None:
    """Hand ``task`` to a worker after commit; without workers, leave it to the sweeper."""
    if crm_settings.use_workers:
        transaction.on_commit(partial(_send, task, ids))


# Celery would try again for six seconds, while somebody waits for a page.
AT_ONCE = {"max_retries": 0}


def _send(task: Any, ids: tuple[Any, ...]) -> None:
    connection = task.app.connection_for_write(transport_options=AT_ONCE)
    try:
        with producers[connection].acquire(block=True) as producer:
            task.apply_async(args=ids, producer=producer, retry=False)
    except OperationalError:
        logger.warning("No broker: %s%r waits for the sweeper.", task.name, ids)


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Every job in the form of Celery's ``beat_schedule`` setting."""
    return {
        f"crm-{slug}": {"task": job.task.name, "schedule": job.every} for slug, job in jobs.items()
    }
