"""Every change of membership.

Membership is right when the last refresh of a member, begun after the member's last change was
committed, has ended. Two refreshes of the same member take turns (``lock_members``). A full
refresh does not stop the others, so it asks again about those whom it moved.
"""

import datetime
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from django.db import OperationalError, connections, models, router, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.dispatch import Signal
from django.utils import timezone

from wagtail_crm.conf import crm_settings
from wagtail_crm.tracking import snapshots
from wagtail_crm.tracking.events import NewEvent

from . import signals, sql
from .compiled import LiveSegments, live_segments
from .evaluation import Difference, Moves, chunks, lock_members, lock_segment, refresh
from .incremental import Round
from .interests import Asked
from .models import Membership, PastMembership, Segment, SegmentSize
from .rules.base import Broken, Scope
from .rules.person import site_today
from .rules.windows import Period

logger = logging.getLogger(__name__)

# Members whom one transaction refreshes.
BATCH = 5_000
REPAIR_AFTER = datetime.timedelta(days=7)


class RulesChanged(Exception):
    """Other rules were published while members were asked about the ones that were read."""


def refresh_segment(*, segment: Segment) -> Difference:
    """Count a segment anew over the whole list; what depends on it follows for who moved.

    A segment that is not live has no members; a static one keeps those that were put in.
    """
    if segment.is_static:
        return Difference()
    with transaction.atomic():
        lock_segment(segment.pk)
        # Only now: who had the lock before us may have counted rules that are newer than ours.
        live, scope = live_segments(), Scope()
        compiled = live.by_id.get(segment.pk)
        difference = refresh(segment.pk, compiled.rule if compiled else Broken(""), scope)
        announce_moves({segment.pk: difference})
    with suppress(RulesChanged):  # then it is counted once more
        for batch in chunks(difference.moved, BATCH) if compiled else ():
            _refresh_batch(live.only(segment.pk), {segment.pk: set(batch)})
    _write_size(segment, scope.now, live.changed_at.get(segment.pk))
    refresh_members(member_ids=difference.moved, fields={segment.field})
    return difference


@transaction.atomic
def _write_size(
    segment: Segment, began: datetime.datetime, changed_at: datetime.datetime | None
) -> None:
    """Note that the rules of ``changed_at`` were counted; others, published since, still wait."""
    # With the row locked, whoever changes the size either has committed or comes after us.
    locked = Segment.objects.select_for_update().get(pk=segment.pk)
    locked.size = Membership.objects.filter(segment=locked).count()
    is_current = locked.live and locked.changed_at == changed_at
    locked.refreshed_at = timezone.now() if is_current else None
    locked.clock_at = began if locked.live else None
    locked.save(update_fields=["size", "refreshed_at", "clock_at"])
    segment.size, segment.refreshed_at = locked.size, locked.refreshed_at
    segment.clock_at = locked.clock_at
    record_sizes(segment=segment)


def record_sizes(*, segment: Segment | None = None) -> None:
    """Note how many are in the live segments today, or in one of them; one statement."""
    connection = connections[router.db_for_write(SegmentSize)]
    today = connection.ops.adapt_datefield_value(site_today())
    only = [segment.pk] if segment else []
    with connection.cursor() as cursor:
        statement = sql.RECORD_SIZES.format(only=sql.ONLY_SEGMENT if only else "")
        cursor.execute(statement, [today, *only])


def refresh_members(
    *,
    member_ids: Iterable[int] = (),
    kinds: Iterable[str] = (),
    fields: Iterable[str] = (),
    events: Sequence[NewEvent] = (),
) -> None:
    """After events, or changes of ``fields``: bring the members concerned up to date.

    Only segments that depend on what was touched are asked, in dependency order, and only about
    these members: those of ``events``, and ``member_ids`` for ``fields`` and for ``kinds`` of
    which the events are not at hand. Call it after the change is committed. Raises
    ``OperationalError`` when the database is away or busy: then it is to be called again.
    """
    live = live_segments()
    asked = live.interests.asked(events)
    if member_ids := set(member_ids):
        kinds, fields = set(kinds), set(fields)
        for segment in live:
            if segment.touched_by(kinds, fields):
                asked[segment.pk] |= member_ids
    refresh_asked(live, asked)


def refresh_or_wait(
    *, member_ids: Iterable[int], kinds: Iterable[str] = (), fields: Iterable[str] = ()
) -> None:
    """As :func:`refresh_members`, for changes of which nobody would tell again.

    When the database is busy, the segments concerned wait to be counted anew.
    """
    kinds, fields = set(kinds), set(fields)
    try:
        refresh_members(member_ids=member_ids, kinds=kinds, fields=fields)
    except OperationalError:
        logger.exception("Segments that depend on %s are counted anew later.", kinds | fields)
        touched = [each.pk for each in live_segments() if each.touched_by(kinds, fields)]
        mark_changed(segments=Segment.objects.filter(pk__in=touched))


def refresh_asked(live: LiveSegments, asked: Asked) -> None:
    """Ask these segments about these members, and those that follow them.

    In pieces of so many members that others do not wait for them for long.
    """
    for batch in chunks(set().union(*asked.values()), BATCH):
        some = {pk: members.intersection(batch) for pk, members in asked.items()}
        some = {pk: members for pk, members in some.items() if members}
        try:
            _refresh_batch(live, some)
        except RulesChanged:
            _refresh_one_by_one(live_segments(), some)
        except Exception:  # a segment was deleted meanwhile, or a rule of another room failed
            logger.exception("Refreshing %s members again, one segment at a time.", len(batch))
            _refresh_one_by_one(live, some)


@transaction.atomic
def _refresh_batch(live: LiveSegments, asked: Asked) -> Moves:
    """Raises ``RulesChanged`` when somebody moved by rules that are no longer those of today."""
    lock_members(sorted(set().union(*asked.values())))
    moves = Round(live, asked).run()
    # Last and in order: a row that many refreshers write must not be held for long.
    changed_at = change_sizes({pk: each.growth for pk, each in moves.items() if each})
    if any(live.changed_at[pk] != moment for pk, moment in changed_at.items()):
        raise RulesChanged
    announce_moves(moves)
    return moves


def change_sizes(growth: dict[int, int]) -> dict[int, datetime.datetime]:
    """Add to the sizes of segments by how many they grew, or shrank; in order of their ids.

    Returns when the rules of each changed last.
    """
    connection = connections[router.db_for_write(Segment)]
    if growth and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(sql.GROW_POSTGRESQL, [list(growth), list(growth.values())])
            return dict(cursor.fetchall())
    for segment_id in sorted(growth):
        size = Greatest(F("size") + growth[segment_id], 0)
        Segment.objects.filter(pk=segment_id).update(size=size)
    grown = Segment.objects.filter(pk__in=growth) if growth else Segment.objects.none()
    return dict(grown.values_list("pk", "changed_at"))


def _refresh_one_by_one(live: LiveSegments, asked: Asked) -> None:
    """What cannot be done is left; raises ``OperationalError`` if it may be done another time."""
    left = Left()
    asked = defaultdict(set, {pk: set(members) for pk, members in asked.items()})
    for segment in live:
        with left.if_it_fails(segment.pk):
            if members := asked.get(segment.pk):
                moves = _refresh_batch(live.only(segment.pk), {segment.pk: members})
                for follower in live.followers.get(segment.pk, ()) if moves else ():
                    asked[follower] |= moves[segment.pk].moved
    left.tell()


class Left:
    """Segments of which something failed, so that it stops none of the others."""

    def __init__(self) -> None:
        self.passing: OperationalError | None = None

    @contextmanager
    def if_it_fails(self, segment_id: int) -> Iterator[None]:
        try:
            yield
        except RulesChanged:
            mark_changed(segments=Segment.objects.filter(pk=segment_id))
        except Exception as error:
            logger.exception("Segment %s was left as it is.", segment_id)
            self.passing = error if isinstance(error, OperationalError) else self.passing

    def tell(self) -> None:
        """Raises ``OperationalError`` if what was left may be done another time."""
        if self.passing:
            raise self.passing


def announce_moves(moves: Moves) -> None:
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


@transaction.atomic
def note_published_rules(*, segment: Segment) -> None:
    """The live rules of a segment are others than before, or it is not live any more."""
    segment.about_visit = segment.live and not segment.is_static and segment.rule.about_visit
    this = Segment.objects.filter(pk=segment.pk)
    this.update(about_visit=segment.about_visit)
    mark_changed(segments=this)


def follow_named_object(*, thing: models.Model) -> list[int]:
    """A page, an attribute, a tag, a segment that rules may name was changed or is gone.

    Rooms whose rules name objects of theirs call it when these change or go; the caller
    refreshes the segments whose ids are returned.
    """
    return mark_changed(segments=Segment.objects.naming(thing))


def follow_returned_object() -> list[int]:
    """Something is there that was not: rules that miss something are read anew.

    Returns the ids of the segments that wait to be counted.
    """
    return mark_changed(segments=_broken())


def _broken() -> models.QuerySet[Segment]:
    """Live segments whose rules name something that was missing when they were read."""
    return Segment.objects.filter(pk__in=[each.pk for each in live_segments() if not each.works])


def refresh_waiting() -> int:
    """Count segments whose rules changed and which nobody has counted yet; how many."""
    return _refresh_all(Segment.objects.waiting())


def refresh_timed_segments() -> int:
    """Ask again about those whom the passing of time concerns, and mend what went wrong.

    Members whose windows end are found by index, segment by segment; everything is counted anew
    now and then. Returns how many segments had somebody to ask about.
    """
    neglected = Segment.objects.not_refreshed_since(timezone.now() - REPAIR_AFTER)
    mark_changed(segments=neglected.filter(pk__in=_broken()))
    return _refresh_all(neglected) + let_time_pass(until=timezone.now())


def let_time_pass(*, until: datetime.datetime) -> int:
    """Ask timed segments about members whose answer time alone may have changed by ``until``."""
    live = live_segments()
    clocks = Segment.objects.clocks()
    timed = [segment for segment in live if segment.dependencies.time and segment.pk in clocks]
    asked: dict[int, set[int]] = {}
    left = Left()
    for segment in timed:
        with left.if_it_fails(segment.pk):
            period = Period(clocks[segment.pk], until)
            asked[segment.pk] = set().union(*segment.rule.falling_due(period))
    refresh_asked(live, {pk: due for pk, due in asked.items() if due})
    for pk in asked:
        Segment.objects.filter(pk=pk, clock_at=clocks[pk]).update(clock_at=until)
    left.tell()
    return sum(1 for due in asked.values() if due)


def _refresh_all(segments: models.QuerySet[Segment]) -> int:
    by_id = {segment.pk: segment for segment in segments}
    left = Left()
    for compiled in live_segments():
        if compiled.pk in by_id:
            with left.if_it_fails(compiled.pk):
                refresh_segment(segment=by_id[compiled.pk])
    left.tell()
    return len(by_id)


def forget_past_memberships() -> int:
    """Delete the history of segments that is as old as raw events may be; how many rows."""
    days = datetime.timedelta(days=crm_settings.event_retention_days)
    return PastMembership.objects.left_before(timezone.now() - days).delete()[0]
