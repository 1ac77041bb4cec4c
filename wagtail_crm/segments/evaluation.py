"""Who matches, and how membership follows: the whole list, or only members that were touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import QuerySet
from django.utils import timezone

from wagtail_crm.members.models import Member

from . import sql
from .models import Membership, Segment
from .rules.base import Rule, Scope

LOCK_OF_MEMBERS, LOCK_OF_SEGMENTS = 0x63726D6D, 0x63726D73  # "crmm", "crms"
BUCKETS = 256
# SQLite refuses more parameters than this in one statement.
CHUNK = 900


@dataclass(frozen=True)
class Difference:
    """Who came into a segment and who went."""

    entered: frozenset[int] = frozenset()
    left: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.entered or self.left)

    @property
    def moved(self) -> frozenset[int]:
        return self.entered | self.left

    @property
    def growth(self) -> int:
        return len(self.entered) - len(self.left)


def matching(rule: Rule, scope: Scope | None = None) -> QuerySet[Member]:
    """The members for whom ``rule`` holds; nobody while a part of it is broken.

    Members who left are in no segment: nothing may be sent to them or decided by them.
    """
    scope = scope or Scope()
    members = scope.only(Member.objects.present(), "pk")
    if rule.problems():
        return members.none()
    return members.filter(rule.condition(scope))


def refresh(segment_id: int, rule: Rule, scope: Scope) -> Difference:
    """Bring membership in line with ``rule``, for the members of ``scope``.

    In a transaction; for some members, after :func:`lock_members`.
    """
    connection = connections[router.db_for_write(Membership)]
    if connection.vendor != "postgresql":
        return _refresh_portable(segment_id, rule, scope)
    query, parameters = _compiled(matching(rule, scope), connection)
    members = () if scope.member_ids is None else (list(scope.member_ids),)
    statement = sql.REFRESH_POSTGRESQL.format(matching=query, scope=sql.SCOPE if members else "")
    with connection.cursor() as cursor:
        if scope.member_ids is None:
            cursor.execute(sql.WORK_MEMORY)
        cursor.execute(statement, [*parameters, segment_id, *members, segment_id, segment_id])
        changes = cursor.fetchall()
    return Difference(
        entered=frozenset(member for member, came in changes if came),
        left=frozenset(member for member, came in changes if not came),
    )


def _compiled(members: QuerySet[Member], connection: Any) -> tuple[str, Sequence[Any]]:
    query = members.order_by().values("pk").query
    try:
        return query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return sql.NOBODY, ()


def _refresh_portable(segment_id: int, rule: Rule, scope: Scope) -> Difference:
    """The same with two reads and two writes, for SQLite."""
    memberships = scope.only(Membership.objects.filter(segment=segment_id))
    present = set(memberships.values_list("member_id", flat=True))
    wanted = set(matching(rule, scope).values_list("pk", flat=True))
    for chunk in chunks(present - wanted, CHUNK):
        Membership.objects.filter(segment=segment_id, member__in=chunk).delete()
    now = timezone.now()
    Membership.objects.bulk_create(
        Membership(segment_id=segment_id, member_id=member, entered_at=now)
        for member in sorted(wanted - present)
    )
    return Difference(entered=frozenset(wanted - present), left=frozenset(present - wanted))


def lock_members(member_ids: Sequence[int]) -> None:
    """Until the end of the transaction, nobody else refreshes these members.

    Who gets the lock sees everything that was committed before, so the last refresh is right.
    """
    connection = connections[router.db_for_write(Membership)]
    if connection.vendor != "postgresql":
        return _lock_writers()
    with connection.cursor() as cursor:
        statement = sql.LOCK_MEMBERS.format(buckets=BUCKETS)
        cursor.execute(statement, [LOCK_OF_MEMBERS, list(member_ids)])


def lock_segment(segment_id: int) -> None:
    """Until the end of the transaction, nobody else counts this segment anew."""
    connection = connections[router.db_for_write(Membership)]
    if connection.vendor != "postgresql":
        return _lock_writers()
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK_SEGMENT, [LOCK_OF_SEGMENTS, segment_id])


def _lock_writers() -> None:
    """SQLite has one writer at a time; becoming it before reading makes what is read current."""
    Segment.objects.filter(pk=0).update(size=0)


def chunks(member_ids: "frozenset[int] | set[int]", size: int) -> list[list[int]]:
    """Ids in order, in lists of at most ``size``."""
    ordered = sorted(member_ids)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]
