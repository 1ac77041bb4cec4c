"""How far a run is."""

from collections import Counter
from dataclasses import dataclass

from django.utils import timezone

from wagtail_crm.segments.models import SegmentRun


@dataclass(frozen=True)
class Progress:
    """Members of a run; ``minutes_left`` is None while nobody can tell."""

    total: int
    done: int
    skipped: int
    minutes_left: int | None = None

    @property
    def settled(self) -> int:
        return self.done + self.skipped

    @property
    def waiting(self) -> int:
        return max(self.total - self.settled, 0)

    @property
    def percent(self) -> int:
        """Never 100 before everybody is settled."""
        return 100 * self.settled // self.total if self.total else 100


def tally(run: SegmentRun) -> tuple[int, dict[str, int]]:
    """Members done, and members skipped by reason, so far. One query."""
    done, skipped = 0, Counter[str]()
    batches = run.batches.exclude(state="waiting")
    for number, reasons in batches.values_list("done", "skipped"):
        done += number
        skipped.update(reasons)
    return done, dict(skipped)


def progress_of(run: SegmentRun) -> Progress:
    """From the batches while it is under way, from the run once it has ended."""
    if run.status != SegmentRun.Status.RUNNING:
        return Progress(run.total, run.done, sum(run.skipped.values()))
    done, skipped = tally(run)
    settled = done + sum(skipped.values())
    elapsed = (timezone.now() - run.started_at).total_seconds()
    left = elapsed / settled * (run.total - settled) if settled else None
    return Progress(
        run.total,
        done,
        sum(skipped.values()),
        minutes_left=None if left is None else round(left / 60),
    )
