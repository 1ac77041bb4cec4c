"""Everything the log needs once a day: its months, its retention, and a note that it was done."""

import datetime
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from . import partitions, retention
from .models import Upkeep

logger = logging.getLogger(__name__)

# A day, less what a slow run or a late scheduler may take: nobody should miss a day by minutes.
OFTEN_ENOUGH = datetime.timedelta(hours=20)


@dataclass(frozen=True)
class Chore:
    """``do(dry=…)`` returns how many it concerned; ``words`` say what became of them."""

    slug: str
    words: str
    do: Callable[..., int]


def create_months(*, dry: bool) -> int:
    return len(partitions.missing_ahead() if dry else partitions.create_ahead())


CHORES = (
    Chore("create_months", "months of the event log created", create_months),
    Chore("drop_events", "events past their retention dropped", retention.drop_events),
    Chore("anonymise_events", "events made anonymous", retention.anonymise_events),
    Chore("delete_refused", "events set aside deleted", retention.delete_refused_events),
    Chore("delete_unseen", "browsers of nobody forgotten", retention.delete_unseen_visitors),
    Chore("delete_forgotten", "browsers that said no deleted", retention.delete_forgotten_visitors),
    Chore("delete_totals", "daily totals deleted", retention.delete_totals),
    Chore("delete_empty", "empty daily totals deleted", retention.delete_empty_totals),
    Chore("delete_upkeep", "notes of upkeep deleted", retention.delete_old_upkeep),
)


class UpkeepFailed(Exception):
    """Some chores failed; the others were done."""


def forecast() -> dict[str, int]:
    """What :func:`run` would do now, by slug; changes nothing."""
    return {chore.slug: chore.do(dry=True) for chore in CHORES}


def run() -> dict[str, int]:
    """Do every chore and note it; returns how many each concerned.

    A chore that fails does not keep the others from being done; then nothing is noted, so that
    the next round tries again, and ``UpkeepFailed`` is raised.
    """
    done, failed = {}, []
    for chore in CHORES:
        try:
            done[chore.slug] = chore.do(dry=False)
        except Exception:
            logger.exception("Upkeep: %s failed.", chore.slug)
            failed.append(chore.slug)
    if failed:
        raise UpkeepFailed(f"Failed: {', '.join(failed)}. The log has the reasons.")
    Upkeep.objects.create(done=done)
    return done


def run_if_due() -> dict[str, int]:
    """The same once a day, however often it is called; nothing in between."""
    last = last_run()
    if last is not None and timezone.now() - last < OFTEN_ENOUGH:
        return {}
    return run()


def last_run() -> datetime.datetime | None:
    """When upkeep was last done in full, by whichever way."""
    latest: Any = Upkeep.objects.order_by("-at").values_list("at", flat=True).first()
    return latest
