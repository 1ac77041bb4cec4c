"""Every change of who is in a static segment, and of the segment itself."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone
from wagtail.log_actions import log

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import Member

from .actions import BATCH, REPAIR_AFTER, announce_moves, change_sizes, refresh_members
from .evaluation import Difference, chunks, lock_members, move
from .models import Membership, Segment


class NameTaken(Exception):
    """Another segment has this name."""


def create_static_segment(*, name: str, by: Any = None) -> Segment:
    """A static segment without members. Raises ``NameTaken``."""
    now = timezone.now()
    try:
        with transaction.atomic():
            segment = Segment.objects.create(
                name=name,
                kind=Segment.Kind.STATIC,
                first_published_at=now,
                last_published_at=now,
                refreshed_at=now,
            )
            log(segment, "wagtail.create", user=by)
    except IntegrityError as error:
        raise NameTaken(name) from error
    return segment


@transaction.atomic
def rename_segment(*, segment: Segment, name: str, by: Any = None) -> Segment:
    """Give a static segment another name. Raises ``NameTaken``."""
    try:
        with transaction.atomic():
            Segment.objects.static().filter(pk=segment.pk).update(name=name)
    except IntegrityError as error:
        raise NameTaken(name) from error
    segment.refresh_from_db()
    log(segment, "wagtail.edit", user=by, content_changed=True)
    return segment


def add_members(*, segment: Segment, member_ids: Iterable[int], by: Any = None) -> int:
    """Put members into a static segment; how many came.

    Who is in it already, has left the list or never was in it is passed over. ``by`` is the
    colleague whose decision the history of the segment names; without one it is not written.
    """
    return sum(
        len(_change(segment, batch, enter=True).entered)
        for batch in _logged(segment, "static_add", member_ids, by)
    )


def remove_members(*, segment: Segment, member_ids: Iterable[int], by: Any = None) -> int:
    """Take members out of a static segment; how many went."""
    return sum(
        len(_change(segment, batch, enter=False).left)
        for batch in _logged(segment, "static_remove", member_ids, by)
    )


@transaction.atomic
def forget_members(*, member_ids: Iterable[int]) -> None:
    """Members left the list: they leave every static segment too."""
    memberships = Membership.objects.of_members(member_ids).filter(segment__in=_static())
    for segment in Segment.objects.filter(pk__in=memberships.values("segment")).order_by("pk"):
        ids = set(memberships.filter(segment=segment).values_list("member_id", flat=True))
        _change(segment, sorted(ids), enter=False)


def erase_memberships(rows: QuerySet[Membership]) -> None:
    """Delete the memberships of somebody who is forgotten; sizes keep counting who is there."""
    segment_ids = sorted(rows.values_list("segment_id", flat=True))
    rows.delete()
    size = Greatest(F("size") - 1, 0)
    for segment_id in segment_ids:
        Segment.objects.filter(pk=segment_id).update(size=size)


def mend_static_segments() -> int:
    """Take out who left the list unheard, and count again, now and then; how many segments."""
    since = timezone.now() - REPAIR_AFTER
    neglected = Segment.objects.static().filter(refreshed_at__lt=since).order_by("pk")
    for segment in neglected:
        gone = Membership.objects.filter(segment=segment, member__in=Member.objects.withdrawn())
        for batch in chunks(set(gone.values_list("member_id", flat=True)), BATCH):
            _change(segment, batch, enter=False)
        with transaction.atomic():
            locked = Segment.objects.select_for_update().get(pk=segment.pk)
            locked.size = Membership.objects.filter(segment=segment).count()
            locked.refreshed_at = timezone.now()
            locked.save(update_fields=["size", "refreshed_at"])
    return len(neglected)


def _static() -> QuerySet[Any]:
    return Segment.objects.static().values("pk")


def _logged(segment: Segment, action: str, member_ids: Iterable[int], by: Any) -> list[list[int]]:
    ids = set(member_ids)
    if by is not None and ids:
        log(segment, f"wagtail_crm.{action}", user=by, data={"members": len(ids)})
    return chunks(ids, BATCH)


@transaction.atomic
def _change(segment: Segment, member_ids: Sequence[int], *, enter: bool) -> Difference:
    """With the lock of refreshes: who leaves the list in this moment is seen by one of the two."""
    lock_members(member_ids)
    among = Membership.objects.filter(IsOneOf("member", member_ids), segment=segment)
    inside = frozenset(among.values_list("member_id", flat=True))
    asked = Difference(entered=_present(member_ids) - inside) if enter else Difference(left=inside)
    moves = move({segment.pk: asked})
    difference = moves.get(segment.pk, Difference())
    if difference:
        change_sizes({segment.pk: difference.growth})
        announce_moves(moves)
        _let_followers_know(segment.field, difference.moved)
    return difference


def _present(member_ids: Sequence[int]) -> frozenset[int]:
    members = Member.objects.present().filter(IsOneOf("pk", member_ids))
    return frozenset(members.values_list("pk", flat=True))


def _let_followers_know(field: str, moved: frozenset[int]) -> None:
    """Segments by rules that name this one are asked again."""
    transaction.on_commit(lambda: refresh_members(member_ids=moved, fields={field}), robust=True)
