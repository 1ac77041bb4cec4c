"""Who matches, and how membership follows: the whole list, or only members that were touched."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, router
from django.db.models import QuerySet
from django.utils import timezone

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import Member

from . import sql
from .models import Membership, PastMembership, Segment
from .planning import answered_as_sets
from .rules.base import Rule, Scope
from .rules.visit import mixed_problem, split

LOCK_OF_MEMBERS, LOCK_OF_SEGMENTS = 0x63726D6D, 0x63726D73  # "crmm", "crms"
BUCKETS = 256


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


Moves = Mapping[int, Difference]


def matching(rule: Rule, scope: Scope | None = None) -> QuerySet[Member]:
    """The members for whom ``rule`` holds; nobody while a part of it is broken.

    Members who left are in no segment: nothing may be sent to them or decided by them. What a
    rule says of the visit is left aside; one that says nothing else has no members.
    """
    scope = scope or Scope()
    members = scope.only(Member.objects.present(), "pk")
    people = None if rule.problems() or mixed_problem(rule) else split(rule)[0]
    return members.none() if people is None else members.filter(people.condition(scope))


def refresh(segment_id: int, rule: Rule, scope: Scope) -> Difference:
    """Bring membership in line with ``rule``, for the members of ``scope``.

    In a transaction; for some members, after :func:`lock_members`.
    """
    connection = connections[router.db_for_write(Membership)]
    if connection.vendor != "postgresql":
        return _refresh_portable(segment_id, rule, scope)
    difference = _difference(segment_id, rule, scope, connection)
    return move({segment_id: difference}).get(segment_id, difference)


def _difference(segment_id: int, rule: Rule, scope: Scope, connection: Any) -> Difference:
    query, parameters = _compiled(matching(rule, scope), connection)
    everybody = scope.member_ids is None
    members = () if scope.member_ids is None else (list(scope.member_ids),)
    statement = sql.DIFFERENCE_POSTGRESQL.format(
        matching=query, scope="" if everybody else sql.SCOPE
    )
    with (
        connection.cursor() as cursor,
        answered_as_sets(connection.alias) if everybody else nullcontext(),
    ):
        cursor.execute(statement, [*parameters, segment_id, *members])
        changes = cursor.fetchall()
    return Difference(
        entered=frozenset(member for member, comes in changes if comes),
        left=frozenset(member for member, comes in changes if not comes),
    )


def _compiled(members: QuerySet[Member], connection: Any) -> tuple[str, Sequence[Any]]:
    query = members.order_by().values("pk").query
    try:
        return query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return sql.NOBODY, ()


def _refresh_portable(segment_id: int, rule: Rule, scope: Scope) -> Difference:
    """The same in a few reads and writes, for SQLite."""
    memberships = scope.only(Membership.objects.filter(segment=segment_id))
    present = set(memberships.values_list("member_id", flat=True))
    wanted = set(matching(rule, scope).values_list("pk", flat=True))
    decided = Difference(frozenset(wanted - present), frozenset(present - wanted))
    return _move_portable({segment_id: decided})[segment_id]


def move(moves: Moves) -> dict[int, Difference]:
    """Let members enter and leave segments, by id of the segment; returns who really moved.

    In a transaction, after :func:`lock_members` or :func:`lock_segment`. Two statements at most,
    however many segments there are.
    """
    moves = {segment_id: difference for segment_id, difference in moves.items() if difference}
    if not moves:
        return {}
    connection = connections[router.db_for_write(Membership)]
    if connection.vendor != "postgresql":
        return _move_portable(moves)
    leave = _pairs((pk, difference.left) for pk, difference in moves.items())
    enter = _pairs((pk, difference.entered) for pk, difference in moves.items())
    with connection.cursor() as cursor:
        cursor.execute(sql.MOVE_POSTGRESQL, [*leave, *enter])
        changes = cursor.fetchall()
    done: dict[int, tuple[set[int], set[int]]] = {pk: (set(), set()) for pk in moves}
    for segment_id, member_id, came in changes:
        done[segment_id][0 if came else 1].add(member_id)
    return {pk: Difference(frozenset(came), frozenset(went)) for pk, (came, went) in done.items()}


def _pairs(members: Iterator[tuple[int, frozenset[int]]]) -> tuple[list[int], list[int]]:
    """Parallel columns of segment ids and member ids."""
    pairs = [(segment_id, member_id) for segment_id, ids in members for member_id in ids]
    return [segment_id for segment_id, _member in pairs], [member for _segment, member in pairs]


def _move_portable(moves: Moves) -> dict[int, Difference]:
    now = timezone.now()
    for segment_id, difference in moves.items():
        leaving = Membership.objects.filter(
            IsOneOf("member", sorted(difference.left)), segment=segment_id
        )
        PastMembership.objects.bulk_create(
            PastMembership(
                segment_id=segment_id, member_id=member_id, entered_at=entered_at, left_at=now
            )
            for member_id, entered_at in leaving.values_list("member_id", "entered_at")
        )
        leaving.delete()
        Membership.objects.bulk_create(
            Membership(segment_id=segment_id, member_id=member, entered_at=now)
            for member in sorted(difference.entered)
        )
    return dict(moves)


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
