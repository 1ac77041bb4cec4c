"""Every change of membership.

Membership is right when the last refresh of a member, begun after the member's last change was
committed, has ended. Two refreshes of the same member take turns (``lock_members``). A full
refresh does not stop the others, so it asks again about those whom it moved.
"""

import datetime
import logging
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.dispatch import Signal
from django.utils import timezone

from wagtail_crm.tracking import snapshots

from . import signals
from .compiled import CompiledSegment, live_segments
from .evaluation import Difference, chunks, lock_members, lock_segment, refresh
from .models import Membership, Segment
from .rules.base import Broken, Scope

logger = logging.getLogger(__name__)

# Members whom one transaction refreshes.
BATCH = 5_000
REPAIR_AFTER = datetime.timedelta(days=7)

Moves = dict[int, Difference]


def refresh_segment(*, segment: Segment) -> Difference:
    """Count a segment anew over the whole list; what depends on it follows for who moved.

    A segment that is not live has no members; a static one keeps those that were put in.
    """
    if segment.is_static:
        return Difference()
    compiled = next((found for found in live_segments() if found.pk == segment.pk), None)
    rule = compiled.rule if compiled else Broken("")
    with transaction.atomic():
        lock_segment(segment.pk)
        difference = refresh(segment.pk, rule, Scope())
        _announce({segment.pk: difference})
    if compiled:
        for batch in chunks(difference.moved, BATCH):
            _refresh_batch([compiled], batch)
    _write_size(segment)
    refresh_members(member_ids=difference.moved, fields={segment.field})
    return difference


@transaction.atomic
def _write_size(segment: Segment) -> None:
    # With the row locked, whoever changes the size either has committed or comes after us.
    locked = Segment.objects.select_for_update().get(pk=segment.pk)
    locked.size = Membership.objects.filter(segment=locked).count()
    locked.refreshed_at = timezone.now() if locked.live else None
    locked.save(update_fields=["size", "refreshed_at"])
    segment.size, segment.refreshed_at = locked.size, locked.refreshed_at


def refresh_members(
    *, member_ids: Iterable[int], kinds: Iterable[str] = (), fields: Iterable[str] = ()
) -> None:
    """After events of ``kinds`` or changes of ``fields``: bring these members up to date.

    Only segments that depend on what was touched are asked, in dependency order, and only
    about these members. Call it after the change is committed.
    """
    member_ids = set(member_ids)
    if not member_ids:
        return
    affected = _affected(live_segments(), set(kinds), set(fields))
    for batch in chunks(member_ids, BATCH) if affected else ():
        try:
            _refresh_batch(affected, batch)
        except Exception:  # a segment was deleted meanwhile, or a rule of another room failed
            logger.exception("Refreshing %s members again, one segment at a time.", len(batch))
            _refresh_one_by_one(affected, batch)


def _affected(
    segments: Iterable[CompiledSegment], kinds: set[str], fields: set[str]
) -> list[CompiledSegment]:
    """Segments that ask for what was touched, and those that ask for these segments."""
    affected = []
    for segment in segments:
        if segment.touched_by(kinds, fields):
            affected.append(segment)
            fields = fields | {segment.field}
    return affected


@transaction.atomic
def _refresh_batch(segments: Iterable[CompiledSegment], member_ids: list[int]) -> Moves:
    lock_members(member_ids)
    scope = Scope(member_ids=tuple(member_ids))
    moves = {segment.pk: refresh(segment.pk, segment.rule, scope) for segment in segments}
    # Last and in order: a row that many refreshers write must not be held for long.
    for segment_id in sorted(moves):
        if growth := moves[segment_id].growth:
            size = Greatest(F("size") + growth, 0)
            Segment.objects.filter(pk=segment_id).update(size=size)
    _announce(moves)
    return moves


def _refresh_one_by_one(segments: Iterable[CompiledSegment], member_ids: list[int]) -> None:
    for segment in segments:
        try:
            _refresh_batch([segment], member_ids)
        except Exception:
            logger.exception("Segment %s was left as it is.", segment.pk)


def _announce(moves: Moves) -> None:
    """After commit, tell pages (their next request sees it) and the other rooms."""
    moved = frozenset().union(*(difference.moved for difference in moves.values()))
    for batch in chunks(moved, BATCH):
        _after_commit(snapshots.refresh, batch)
    for segment_id, difference in moves.items():
        _send(signals.segment_entered, segment_id, difference.entered)
        _send(signals.segment_left, segment_id, difference.left)


def _send(signal: Signal, segment_id: int, member_ids: Collection[int]) -> None:
    if member_ids:
        facts = {"segment_id": segment_id, "member_ids": set(member_ids)}
        _after_commit(partial(signal.send_robust, sender=Segment, **facts))


def _after_commit(function: Callable[..., Any], *arguments: Any) -> None:
    # A lambda, because Django logs what failed by its __qualname__, which partials do not have.
    transaction.on_commit(lambda: function(*arguments), robust=True)


@transaction.atomic
def mark_changed(*, segments: models.QuerySet[Segment]) -> list[int]:
    """What the rules of these segments mean has changed: compiled rules are out of date.

    Those that are live wait to be counted anew; returns their ids.
    """
    ids = list(segments.order_by("pk").values_list("pk", flat=True))
    Segment.objects.filter(pk__in=ids).update(changed_at=timezone.now(), refreshed_at=None)
    return list(Segment.objects.waiting().filter(pk__in=ids).values_list("pk", flat=True))


def follow_named_object(*, thing: models.Model) -> list[int]:
    """A page, an attribute, a tag, a segment that rules may name was changed or is gone.

    Rooms whose rules name objects of theirs call it when these change or go; the caller
    refreshes the segments whose ids are returned.
    """
    return mark_changed(segments=Segment.objects.naming(thing))


def refresh_waiting() -> int:
    """Count segments whose rules changed and which nobody has counted yet; how many."""
    return _refresh_all(Segment.objects.waiting())


def refresh_timed_segments() -> int:
    """Count anew what a new day changes, and everything now and then, to mend what went wrong."""
    today = timezone.localtime(timezone=timezone.get_default_timezone()).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    timed = [segment.pk for segment in live_segments() if segment.dependencies.time]
    due = Segment.objects.not_refreshed_since(today).filter(pk__in=timed)
    neglected = Segment.objects.not_refreshed_since(timezone.now() - REPAIR_AFTER)
    return _refresh_all(due | neglected)


def _refresh_all(segments: models.QuerySet[Segment]) -> int:
    by_id = {segment.pk: segment for segment in segments}
    for compiled in live_segments():
        if compiled.pk in by_id:
            refresh_segment(segment=by_id[compiled.pk])
    return len(by_id)
