"""The contract of a rule, and groups of rules."""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

Match = Literal["all", "any", "none"]

NOBODY_AT_ALL = Q(pk__in=())
EVERYBODY = ~NOBODY_AT_ALL


@dataclass(frozen=True)
class Scope:
    """For whom, and for which day, a rule is asked.

    With ``member_ids`` a rule may look only at those members: an incremental refresh then reads
    no more than their own rows. None means everybody.
    """

    member_ids: tuple[int, ...] | None = None
    today: datetime.date = field(default_factory=timezone.localdate)

    def only(self, rows: QuerySet[Any], member_field: str = "member") -> QuerySet[Any]:
        """``rows`` restricted to the members asked about."""
        if self.member_ids is None:
            return rows
        return rows.filter(**{f"{member_field}__in": self.member_ids})


@dataclass(frozen=True)
class Dependencies:
    """What can change a rule's answer: kinds of events, fields of members, or the time alone.

    ``fields`` are named as in ``member_changed``: ``status``, ``attributes.prefecture``, ``tags``,
    ``consent.email``, ``segment.12``, ``points``.
    """

    kinds: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    time: bool = False

    def __or__(self, other: "Dependencies") -> "Dependencies":
        return Dependencies(
            self.kinds | other.kinds, self.fields | other.fields, self.time or other.time
        )

    def touched_by(self, kinds: Iterable[str], fields: Iterable[str]) -> bool:
        return not self.kinds.isdisjoint(kinds) or not self.fields.isdisjoint(fields)


class Rule(ABC):
    """One condition on members. Subclasses are frozen dataclasses: equal rules are equal."""

    @abstractmethod
    def condition(self, scope: Scope) -> Q:
        """The members for whom it holds, as a condition on ``Member``.

        It must be true or false for every member, never NULL, so that groups can negate it.
        """

    @abstractmethod
    def dependencies(self) -> Dependencies: ...

    @abstractmethod
    def sentence(self) -> str:
        """The rule in the active language, as a clause after "Members": "who …", "whose …"."""

    def problems(self) -> list[str]:
        """Why the rule can never be satisfied, in words for the editor; empty when it can."""
        return []


@dataclass(frozen=True)
class Group(Rule):
    """All, any or none of some rules; an empty group holds for everybody."""

    match: Match
    rules: Sequence[Rule]

    def condition(self, scope: Scope) -> Q:
        conditions = [rule.condition(scope) for rule in self.rules]
        if not conditions:
            return EVERYBODY
        if self.match == "all":
            return reduce(and_, conditions)
        either = reduce(or_, conditions)
        return either if self.match == "any" else ~either

    def dependencies(self) -> Dependencies:
        return reduce(or_, (rule.dependencies() for rule in self.rules), Dependencies())

    def sentence(self) -> str:
        parts = [
            f"({rule.sentence()})"
            if isinstance(rule, Group) and len(rule.rules) > 1
            else rule.sentence()
            for rule in self.rules
        ]
        if not parts:
            return gettext("who are in the list")
        if self.match == "none":
            return gettext("except those %(rules)s") % {"rules": gettext(" or ").join(parts)}
        return (gettext(" and ") if self.match == "all" else gettext(" or ")).join(parts)

    def problems(self) -> list[str]:
        return [problem for rule in self.rules for problem in rule.problems()]


@dataclass(frozen=True)
class Broken(Rule):
    """A rule whose page, attribute or segment no longer exists. It holds for nobody."""

    reason: str

    def condition(self, scope: Scope) -> Q:
        return NOBODY_AT_ALL

    def dependencies(self) -> Dependencies:
        return Dependencies()

    def sentence(self) -> str:
        return self.reason

    def problems(self) -> list[str]:
        return [self.reason]
