"""Every change of membership."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from wagtail_crm.tracking import snapshots

from . import signals
from .evaluation import Difference, in_dependency_order, refresh
from .models import Membership, Segment
from .rules.base import Scope


@transaction.atomic
def refresh_segment(*, segment: Segment) -> Difference:
    """Count a segment anew over the whole list; what depends on it follows for who moved."""
    locked = Segment.objects.select_for_update().get(pk=segment.pk)
    difference = refresh(locked, locked.rule, Scope())
    locked.size = Membership.objects.filter(segment=locked).count()
    locked.refreshed_at = timezone.now()
    locked.save(update_fields=["size", "refreshed_at"])
    _announce(locked, difference)
    return difference


@transaction.atomic
def refresh_members(
    *, member_ids: Iterable[int], kinds: Iterable[str] = (), fields: Iterable[str] = ()
) -> None:
    """After events of ``kinds`` or changes of ``fields``: bring these members up to date.

    Only segments that depend on what was touched are asked, in dependency order, and only
    about these members.
    """
    scope = Scope(member_ids=tuple(sorted(set(member_ids))))
    kinds, touched = set(kinds), set(fields)
    for segment in in_dependency_order(list(Segment.objects.live())):
        if not segment.rule.dependencies().touched_by(kinds, touched):
            continue
        difference = refresh(segment, segment.rule, scope)
        if difference:
            touched.add(segment.field)
            _count(segment, difference)
            _announce(segment, difference)


def _count(segment: Segment, difference: Difference) -> None:
    change = len(difference.entered) - len(difference.left)
    Segment.objects.filter(pk=segment.pk).update(size=F("size") + change)


def _announce(segment: Segment, difference: Difference) -> None:
    moved = difference.entered | difference.left
    if moved:
        transaction.on_commit(partial(snapshots.refresh, moved))
    for signal, members in (
        (signals.segment_entered, difference.entered),
        (signals.segment_left, difference.left),
    ):
        if members:
            transaction.on_commit(
                partial(
                    signal.send_robust,
                    sender=Segment,
                    segment_id=segment.pk,
                    member_ids=set(members),
                )
            )


@transaction.atomic
def empty_segment(*, segment: Segment) -> None:
    """A segment that is no longer live has no members."""
    members = set(segment.memberships.values_list("member_id", flat=True))
    segment.memberships.all().delete()
    Segment.objects.filter(pk=segment.pk).update(size=0)
    _announce(segment, Difference(entered=frozenset(), left=frozenset(members)))


def refresh_timed_segments() -> int:
    """Count anew every live segment whose members change by the passing of time."""
    timed = [
        segment
        for segment in in_dependency_order(list(Segment.objects.live()))
        if segment.rule.dependencies().time
    ]
    for segment in timed:
        refresh_segment(segment=segment)
    return len(timed)
