"""What a page needs to know of a member, read in one piece from the cache.

A snapshot belongs to a user account, because that is what a request knows without asking the
database. Rooms contribute parts (segments, rank, …) that are built for many members at once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import BaseCache, caches

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.registry import Registry

from .events import NOBODY

Snapshot = dict[str, Any]

# Above this many members it is cheaper to drop their snapshots than to build them again.
REBUILD_AT_MOST = 500


@dataclass(frozen=True)
class SnapshotPart:
    """``build`` takes member ids and returns a picklable value for each, or leaves some out."""

    slug: str
    build: Callable[[Sequence[int]], dict[int, Any]]


snapshot_parts: Registry[SnapshotPart] = Registry("register_crm_snapshot_parts", SnapshotPart)


def _cache() -> BaseCache:
    return caches[crm_settings.cache_alias]


def _key(user_id: Any) -> str:
    return f"crm:snapshot:{user_id}"


def snapshot_of(user_id: Any) -> Snapshot:
    """The snapshot of an account: one cached read; built from the database when there is none.

    ``add`` rather than ``set``: a refresh that happens meanwhile knows better and stays.
    """
    snapshot: Snapshot | None = _cache().get(_key(user_id))
    if snapshot is None:
        snapshot = _build([user_id])[user_id]
        _cache().add(_key(user_id), snapshot, crm_settings.snapshot_timeout)
    return snapshot


def refresh(member_ids: Iterable[int]) -> None:
    """Make the next page of these members see the present state. Call it after commit."""
    members = Member.objects.filter(pk__in=list(member_ids), user__isnull=False)
    user_ids = list(members.values_list("user_id", flat=True))
    if len(user_ids) > REBUILD_AT_MOST:
        _cache().delete_many(map(_key, user_ids))
    elif user_ids:
        snapshots = {_key(user): value for user, value in _build(user_ids).items()}
        _cache().set_many(snapshots, crm_settings.snapshot_timeout)


def forget(user_ids: Iterable[Any]) -> None:
    """Drop the snapshots of these accounts, e.g. when their permissions change."""
    _cache().delete_many(map(_key, user_ids))


def _build(user_ids: Sequence[Any]) -> dict[Any, Snapshot]:
    members = Member.objects.present().filter(user__in=user_ids)
    user_of = dict(members.values_list("pk", "user_id"))
    snapshots: dict[Any, Snapshot] = {user: {"member_id": NOBODY} for user in user_ids}
    for member_id, user_id in user_of.items():
        snapshots[user_id]["member_id"] = member_id
    for user in get_user_model().objects.filter(pk__in=user_ids):
        snapshots[user.pk]["staff"] = user.has_perm("wagtailadmin.access_admin")
    for slug, part in snapshot_parts.items():
        for member_id, value in part.build(list(user_of)).items():
            snapshots[user_of[member_id]][slug] = value
    return snapshots


def build_profiling_answers(member_ids: Sequence[int]) -> dict[int, bool]:
    """The members' answers to "may we remember what you look at"; absent when never asked."""
    records = ConsentRecord.objects.current().filter(
        member__in=member_ids, purpose=ConsentRecord.Purpose.PROFILING
    )
    return dict(records.values_list("member_id", "granted"))
