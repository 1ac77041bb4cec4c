"""What a page needs to know of a member, read in one piece from the cache.

A snapshot belongs to a user account, because that is what a request knows without asking the
database. Rooms contribute parts (segments, rank, …) that are built for many members at once.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import caches
from django.db import DatabaseError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q

from wagtail_crm.conf import crm_settings
from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.accounts import may_enter_the_admin
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.registry import Registry

from .breaker import Breaker
from .events import NOBODY

logger = logging.getLogger(__name__)

Snapshot = dict[str, Any]

NOTHING_KNOWN: Snapshot = {"member_id": NOBODY}
# Above this many members it is cheaper to drop their snapshots than to build them again.
REBUILD_AT_MOST = 500
KEYS_AT_A_TIME = 1_000
# Stands where a snapshot was dropped, for so many seconds: pages that are being made now, and
# still saw the past, cannot put it back.
OUTDATED = "outdated"
HOLD_OFF = 10

breaker = Breaker()


@dataclass(frozen=True)
class SnapshotPart:
    """``build`` takes member ids and returns a picklable value for each, or leaves some out."""

    slug: str
    build: Callable[[Sequence[int]], dict[int, Any]]


snapshot_parts: Registry[SnapshotPart] = Registry("register_crm_snapshot_parts", SnapshotPart)


def snapshot_of(user_id: Any) -> Snapshot:
    """The snapshot of an account: one cached read; built from the database when there is none.

    Never raises: without cache it is built anew, without database nothing is known.
    """
    found = ask_cache("get", _key(user_id))
    if isinstance(found, dict):
        return found
    try:
        members = Member.objects.present().filter(user=user_id)
        built = _build([user_id], dict(members.values_list("pk", "user_id")))
    except DatabaseError:
        logger.exception("Nothing is known of account %s.", user_id)
        return NOTHING_KNOWN
    # ``add`` rather than ``set``: a refresh that happens meanwhile knows better and stays.
    snapshot = built.snapshots[user_id]
    if built.complete:
        ask_cache("add", _key(user_id), snapshot, crm_settings.snapshot_timeout)
    return snapshot


def refresh(member_ids: Iterable[int]) -> None:
    """Make the next page of these members see the present state. Call it after commit.

    For members with an account; :func:`forget` the account of one who has it no more.
    """
    members = Member.objects.filter(IsOneOf("pk", member_ids), user__isnull=False).order_by("pk")
    # The lock makes refreshes of one member follow each other: the last one saw the most.
    with transaction.atomic():
        locked = members.select_for_update(no_key=True).values_list("pk", "user_id", "status")
        rows = list(locked[: REBUILD_AT_MOST + 1])
        if 0 < len(rows) <= REBUILD_AT_MOST:
            left = Member.Status.WITHDRAWN
            present = {pk: user_id for pk, user_id, status in rows if status != left}
            _replace(_build([user_id for _pk, user_id, _status in rows], present))
    if len(rows) > REBUILD_AT_MOST:
        forget(members.values_list("user_id", flat=True))


def _replace(built: "_Built") -> None:
    """What lacks the part of a room that failed is not kept, nor is what it would replace."""
    if not built.complete:
        forget(built.snapshots)
        return
    fresh = {_key(user_id): snapshot for user_id, snapshot in built.snapshots.items()}
    ask_cache("set_many", fresh, crm_settings.snapshot_timeout)


def forget(user_ids: Iterable[Any]) -> None:
    """Drop the snapshots of these accounts, e.g. when their permissions change."""
    keys = map(_key, user_ids)
    while some := list(islice(keys, KEYS_AT_A_TIME)):
        ask_cache("set_many", dict.fromkeys(some, OUTDATED), HOLD_OFF)


def build_profiling_answers(member_ids: Sequence[int]) -> dict[int, bool]:
    """The members' answers to "may we remember what you look at"; absent when it is to be asked.

    A yes is good for the text it was given to, a no for every text.
    """
    records = ConsentRecord.objects.current().filter(
        member__in=member_ids, purpose=ConsentRecord.Purpose.PROFILING
    )
    in_force = records.filter(Q(granted=False) | Q(version=crm_settings.consent_version))
    return dict(in_force.values_list("member_id", "granted"))


def _key(user_id: Any) -> str:
    return f"crm:snapshot:{user_id}"


def ask_cache(method: str, *arguments: Any) -> Any:
    """The cache's answer, or None when it is away; every backend has errors of its own."""
    if breaker.is_open:
        return None
    try:
        return getattr(caches[crm_settings.cache_alias], method)(*arguments)
    except Exception:
        breaker.trip()
        logger.exception("The cache does not answer; pages ask the database.")
        return None


@dataclass(frozen=True)
class _Built:
    snapshots: dict[Any, Snapshot]
    complete: bool


def _build(user_ids: Sequence[Any], user_of: Mapping[int, Any]) -> _Built:
    """For these accounts; ``user_of`` has those of members who are present."""
    snapshots: dict[Any, Snapshot] = {user: dict(NOTHING_KNOWN) for user in user_ids}
    for member_id, user_id in user_of.items():
        snapshots[user_id]["member_id"] = member_id
    is_staff = ExpressionWrapper(may_enter_the_admin(), BooleanField())
    users = get_user_model()._default_manager.filter(pk__in=user_ids)
    for user in users.annotate(enters_the_admin=is_staff):
        facts = {"staff": user.enters_the_admin, "sessions": session_hashes(user)}
        snapshots[user.pk] |= facts
    parts, complete = parts_of(list(user_of))
    for member_id, user_id in user_of.items():
        snapshots[user_id] |= parts[member_id]
    return _Built(snapshots, complete)


def parts_of(member_ids: Sequence[int]) -> tuple[dict[int, Snapshot], bool]:
    """What rooms contribute for each member, by slug; and whether all of them could.

    A room that fails leaves its part out, and the snapshot out of the cache.
    """
    found: dict[int, Snapshot] = {member_id: {} for member_id in member_ids}
    complete = True
    for slug, part in snapshot_parts.items() if member_ids else ():
        try:
            values = part.build(member_ids)
        except Exception:
            logger.exception("The part '%s' of snapshots could not be built.", slug)
            complete = False
            continue
        for member_id, value in values.items():
            found[member_id][slug] = value
    return found, complete


def session_hashes(user: Any) -> tuple[str, ...]:
    """What sessions of this account must carry to be valid, as ``django.contrib.auth`` checks."""
    if not user.is_active:
        return ()
    return (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
