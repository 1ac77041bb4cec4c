"""Every change of a run.

A batch of members is one transaction: the lock of its row says that somebody is at it, and what
is done to its members is committed together with the mark that it is done. A worker that dies
leaves neither, so nobody is missed and nothing happens twice.
"""

import datetime
import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    connections,
    router,
    transaction,
)
from django.utils import timezone
from django.utils.translation import get_language, gettext, override
from wagtail.log_actions import log
from wagtail.log_actions import registry as log_registry

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.actions import announce_change
from wagtail_crm.segments.models import RunBatch, RunFileChunk, Segment, SegmentRun

from .action import Batch, HandOver, SegmentAction, segment_actions
from .preview import FAILED, LEFT, all_skips, members_of, reasons_of
from .progress import tally

logger = logging.getLogger(__name__)

Status = SegmentRun.Status
STOPPED = (Status.CANCELLED, Status.FAILED)
RUN_ACTION = "wagtail_crm.segment_run"
# Seconds that one task works before it lets other tasks of the queue come in.
PATIENCE = 20.0
# Batches written by one statement when a run begins.
ROWS = 100
# What a database says of a statement that it will never take, however often it is tried.
LASTING = (DataError, IntegrityError, NotSupportedError, ProgrammingError)


class WrongState(Exception):
    """The run is no longer in a state in which this can be done."""

    def __init__(self, run: SegmentRun) -> None:
        super().__init__(f"Run {run.pk} is {run.status}.")
        self.run = run


def run_of_key(text: str) -> SegmentRun | None:
    """The run that was started from the same page before, if any."""
    try:
        return SegmentRun.objects.filter(key=uuid.UUID(text)).first()
    except ValueError:
        return None


def start_run(
    *,
    segment: Segment,
    action: SegmentAction,
    options: dict[str, Any],
    by: Any,
    key: uuid.UUID | None = None,
) -> SegmentRun:
    """Fix who is in the segment now and let it be done to them; with a key, only once.

    Who enters the segment afterwards is not concerned, and who leaves it still is, unless they
    leave the whole list. Raises ``CannotStart``.
    """
    key = key or uuid.uuid4()
    try:
        with transaction.atomic():
            return _start(segment, action, options, by, key)
    except IntegrityError:
        run = SegmentRun.objects.filter(key=key).first()
        if run is None:
            raise
        return run


def _start(
    segment: Segment, action: SegmentAction, options: dict[str, Any], by: Any, key: uuid.UUID
) -> SegmentRun:
    # First: the second of two clicks waits here, and finds the key taken.
    run = SegmentRun.objects.create(
        key=key,
        segment=segment,
        action=action.slug,
        started_by=by,
        language=get_language() or "",
    )
    run.options = action.begin(segment, dict(options), by)
    if isinstance(action, HandOver):
        run.total = members_of(segment).count()
        run.report = {"url": action.hand_over(run, by)}
        run.status, run.finished_at = Status.DONE, timezone.now()
    else:
        run.total = _fix_members(run, action)
    run.save()
    log(segment, RUN_ACTION, user=by, uuid=run.key, data=_told(run))
    return run


def _fix_members(run: SegmentRun, action: SegmentAction) -> int:
    ids = members_of(run.segment).values_list("member_id", flat=True).iterator(chunk_size=10_000)
    numbers: Iterator[list[int]] = iter(lambda: list(islice(ids, action.batch_size)), [])
    batches = (
        RunBatch(run=run, number=number, member_ids=some, first_id=some[0], last_id=some[-1])
        for number, some in enumerate(numbers)
    )
    total = number = 0
    while rows := list(islice(batches, ROWS)):
        RunBatch.objects.bulk_create(rows)
        total += sum(len(row.member_ids) for row in rows)
        number = rows[-1].number + 1
    if action.has_end:
        RunBatch.objects.create(run=run, number=number, member_ids=[], first_id=0, last_id=0)
    return total


def work_on(*, run_id: int, seconds: float = PATIENCE) -> bool:
    """Do what is left of a run; True when there was more than there was time for."""
    end = time.monotonic() + seconds
    while do_next_batch(run_id=run_id):
        if time.monotonic() > end:
            return True
    close_run(run_id=run_id)
    return False


def do_next_batch(*, run_id: int) -> bool:
    """Do it to the next members whom nobody else has in hand; whether there were any."""
    try:
        batch = _do_one(run_id, carefully=False)
    except Exception as error:
        if _passes(error):
            raise
        logger.exception("Run %s: a batch is tried again, member by member.", run_id)
        batch = _do_carefully(run_id)
    if batch is None:
        return False
    # Who listens has been told by now; if we die before this, they are told again.
    RunBatch.objects.untold().filter(pk=batch.pk).update(state=RunBatch.State.TOLD)
    if not SegmentRun.objects.running().filter(pk=run_id).update(worked_at=timezone.now()):
        _count_late(run_id)
    return True


def _passes(error: Exception) -> bool:
    """Whether it can be tried again: the database is away, or transactions met in a deadlock."""
    return isinstance(error, DatabaseError) and not isinstance(error, LASTING)


def _do_carefully(run_id: int) -> RunBatch | None:
    try:
        return _do_one(run_id, carefully=True)
    except Exception as error:
        if _passes(error):
            raise
        logger.exception("Run %s stopped.", run_id)
        _fail(run_id, error)
        return None


@transaction.atomic
def _count_late(run_id: int) -> None:
    """The batch was in hand while the run was stopped, and is done: it counts as well."""
    for run in SegmentRun.objects.select_for_update().filter(pk=run_id, status__in=STOPPED):
        _settle(run)


@transaction.atomic
def _do_one(run_id: int, *, carefully: bool) -> RunBatch | None:
    run = _running(run_id)
    row = _take(run) if run else None
    if run is None or row is None:
        return None
    action = segment_actions[run.action]
    with override(run.language or None):
        if row.member_ids:
            _do_members(run, row, action, carefully)
        else:
            action.finish(run)
    row.state = RunBatch.State.DONE
    row.save(update_fields=["state", "done", "skipped", "output"])
    return row


def _running(run_id: int) -> SegmentRun | None:
    if connections[router.db_for_write(SegmentRun)].vendor != "postgresql":
        # One writer at a time; becoming it before reading makes what is read current.
        SegmentRun.objects.filter(pk=run_id).update(worked_at=timezone.now())
    return (
        SegmentRun.objects.running()
        .select_related("segment", "started_by")
        .filter(pk=run_id)
        .first()
    )


def _take(run: SegmentRun) -> RunBatch | None:
    waiting = run.batches.waiting().order_by("number")
    row: RunBatch | None = waiting.select_for_update(skip_locked=True).first()
    if row and not row.member_ids and waiting.filter(number__lt=row.number).exists():
        return None  # the end has to wait for what others have in hand
    return row


def _do_members(run: SegmentRun, row: RunBatch, action: SegmentAction, carefully: bool) -> None:
    reasons = reasons_of(all_skips(action, run.options), row.member_ids)
    skipped = Counter(reasons.get(pk, LEFT) for pk in row.member_ids)
    del skipped[""]
    wanted = [pk for pk in row.member_ids if reasons.get(pk, LEFT) == ""]
    if carefully:
        faulty = _faulty(Batch(run, row.number, wanted), action)
        wanted = [pk for pk in wanted if pk not in faulty]
        skipped[FAILED] += len(faulty)
    row.output = action.apply(Batch(run, row.number, wanted)) if wanted else None
    row.done, row.skipped = len(wanted), {slug: n for slug, n in skipped.items() if n}


def _faulty(batch: Batch, action: SegmentAction) -> set[int]:
    """Those for whom it fails, found by trying it for each alone and taking that back.

    Raises the error when it fails for everybody: then it is not they who are at fault.
    """
    faulty: dict[int, Exception] = {}
    for pk in batch.member_ids:
        try:
            with transaction.atomic():
                action.apply(Batch(batch.run, batch.number, [pk]))
                transaction.set_rollback(True)
        except Exception as error:
            if _passes(error):
                raise
            logger.exception("Run %s skips member %s.", batch.run.pk, pk)
            faulty[pk] = error
    if faulty and len(faulty) == len(batch.member_ids):
        raise next(iter(faulty.values()))
    return set(faulty)


def _fail(run_id: int, error: Exception) -> None:
    fault = str(error)[:500] or type(error).__name__
    _stop(run_id, Status.FAILED, fault)


@transaction.atomic
def _stop(run_id: int, status: str, fault: str = "") -> SegmentRun | None:
    run = SegmentRun.objects.select_for_update().running().filter(pk=run_id).first()
    if run is not None:
        run.status, run.fault, run.finished_at = status, fault, timezone.now()
        _settle(run)
    return run


def _settle(run: SegmentRun) -> None:
    tell_again(run)
    run.done, run.skipped = tally(run)
    run.save()
    logs = log_registry.get_logs_for_instance(run.segment).filter(uuid=run.key)
    logs.update(data=_told(run))


def tell_again(run: SegmentRun) -> None:
    """Announce what a dead worker did and did not live to announce. Receivers stand it."""
    action = segment_actions.get(run.action)
    fields = set(action.touches(run.options)) if action else set()
    for batch in run.batches.untold().order_by("number"):
        announce_change(member_ids=set(batch.member_ids), fields=fields)
        batch.state = RunBatch.State.TOLD
        batch.save(update_fields=["state"])


def _told(run: SegmentRun) -> dict[str, Any]:
    return {
        "run": run.pk,
        "action": run.action,
        "options": run.options,
        "status": run.status,
        "total": run.total,
        "done": run.done,
        "skipped": sum(run.skipped.values()),
    }


@transaction.atomic
def close_run(*, run_id: int) -> None:
    """Close a run that has nothing more to do; call it whenever a worker finds no more."""
    run = SegmentRun.objects.select_for_update().running().filter(pk=run_id).first()
    if run is None or run.batches.waiting().exists():
        return
    run.status, run.finished_at = Status.DONE, timezone.now()
    _settle(run)
    if run.file_name:
        run.batches.update(output=None)
    else:  # who was in the segment is nobody's business any more
        _forget_batches(run)


def _forget_batches(run: SegmentRun) -> None:
    # Raw: nothing points at them, and a million ids need not pass through memory.
    batches = RunBatch.objects.filter(run=run)
    batches._raw_delete(batches.db)


def cancel_run(*, run: SegmentRun) -> SegmentRun:
    """Do it to nobody else; who is done stays done. Raises ``WrongState``."""
    stopped = _stop(run.pk, Status.CANCELLED)
    if stopped is None:
        raise WrongState(run)
    return stopped


@transaction.atomic
def resume_run(*, run: SegmentRun) -> SegmentRun:
    """Go on where it stopped. Raises ``WrongState``, also when the rest is forgotten by now."""
    run = SegmentRun.objects.select_for_update().get(pk=run.pk)
    if not can_resume(run):
        raise WrongState(run)
    run.status, run.fault, run.finished_at = Status.RUNNING, "", None
    run.worked_at = timezone.now()
    run.save()
    return run


def can_resume(run: SegmentRun) -> bool:
    """Whether it stopped, and what is left is still known."""
    return run.status in STOPPED and run.batches.exists()


@transaction.atomic
def forget_in_runs(rows: Any) -> None:
    """Somebody is erased: files that name them go, and what is prepared for one is made anew."""
    for batch in rows.defer("output"):
        run = SegmentRun.objects.select_for_update().get(pk=batch.run_id)
        if run.status == Status.DONE:
            RunFileChunk.objects.filter(run=run).delete()
            run.report |= {"erased": True} if run.file_name else {}
            run.file_name, run.file_size = "", 0
            run.save(update_fields=["file_name", "file_size", "report"])
            continue
        prepared = RunBatch.objects.filter(pk=batch.pk, output__isnull=False)
        if prepared.update(output=None, state=RunBatch.State.WAITING):
            # Whoever is putting the file together right now has read the old words.
            run.batches.filter(first_id=0).update(state=RunBatch.State.WAITING)


def expire_runs(*, now: datetime.datetime | None = None) -> int:
    """Forget files and the rest of cancelled runs, later the runs; how many runs went."""
    now = now or timezone.now()
    stale = now - datetime.timedelta(days=crm_settings.run_file_days)
    for run in SegmentRun.objects.ended_before(stale).holding_data():
        with transaction.atomic():
            _forget_batches(run)
            chunks = RunFileChunk.objects.filter(run=run)
            chunks._raw_delete(chunks.db)
            SegmentRun.objects.filter(pk=run.pk).update(file_name="", file_size=0)
    old = now - datetime.timedelta(days=crm_settings.run_days)
    return SegmentRun.objects.ended_before(old).delete()[1].get(SegmentRun._meta.label, 0)


def fault_of(run: SegmentRun) -> str:
    """Why a run stopped, for the editor."""
    if run.action not in segment_actions:
        return gettext("This action is no longer installed.")
    return run.fault
