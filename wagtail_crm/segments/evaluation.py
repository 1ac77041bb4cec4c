"""Who matches, and how membership follows: the whole list, or only members that were touched."""

from dataclasses import dataclass
from graphlib import TopologicalSorter

from django.db import connections, router
from django.db.models import QuerySet
from django.utils import timezone

from wagtail_crm.members.models import Member

from . import sql
from .models import Membership, Segment
from .rules.base import Rule, Scope


@dataclass(frozen=True)
class Difference:
    """Who came into a segment and who went."""

    entered: frozenset[int]
    left: frozenset[int]

    def __bool__(self) -> bool:
        return bool(self.entered or self.left)


def matching(rule: Rule, scope: Scope | None = None) -> QuerySet[Member]:
    """The members for whom ``rule`` holds; nobody while a part of it is broken.

    Members who left are in no segment: nothing may be sent to them or decided by them.
    """
    scope = scope or Scope()
    members = scope.only(Member.objects.present(), "pk")
    if rule.problems():
        return members.none()
    return members.filter(rule.condition(scope))


def refresh(segment: Segment, rule: Rule, scope: Scope) -> Difference:
    """Bring membership in line with ``rule``, for the members of ``scope``. In a transaction."""
    query = matching(rule, scope).order_by().values("pk").query
    connection = connections[router.db_for_write(Membership)]
    if connection.vendor != "postgresql" or query.is_empty():
        return _refresh_portable(segment, rule, scope)
    matching_sql, parameters = query.sql_with_params()
    members = () if scope.member_ids is None else (list(scope.member_ids),)
    statement = sql.REFRESH_POSTGRESQL.format(
        matching=matching_sql, scope=sql.SCOPE if members else ""
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, segment.pk, *members, segment.pk])
        changes = cursor.fetchall()
    return Difference(
        entered=frozenset(member for member, came in changes if came),
        left=frozenset(member for member, came in changes if not came),
    )


def _refresh_portable(segment: Segment, rule: Rule, scope: Scope) -> Difference:
    """The same with two reads and two writes, for SQLite."""
    memberships = scope.only(Membership.objects.filter(segment=segment))
    present = set(memberships.values_list("member_id", flat=True))
    wanted = set(matching(rule, scope).values_list("pk", flat=True))
    memberships.filter(member__in=present - wanted).delete()
    now = timezone.now()
    Membership.objects.bulk_create(
        Membership(segment=segment, member_id=member, entered_at=now)
        for member in sorted(wanted - present)
    )
    return Difference(entered=frozenset(wanted - present), left=frozenset(present - wanted))


def in_dependency_order(segments: list[Segment]) -> list[Segment]:
    """Segments so that each comes after those its rules name. Raises ``CycleError``."""
    by_field = {segment.field: segment for segment in segments}
    graph = {
        segment: {
            by_field[field] for field in segment.rule.dependencies().fields if field in by_field
        }
        for segment in segments
    }
    return list(TopologicalSorter(graph).static_order())
