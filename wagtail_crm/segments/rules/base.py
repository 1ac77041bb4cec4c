"""The contract of a rule."""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from .expressions import IsOneOf
from .words import Clause, Ending

NOBODY_AT_ALL = Q(pk__in=())
EVERYBODY = ~NOBODY_AT_ALL

T = TypeVar("T", bound=Model)


def site_today() -> datetime.date:
    """Today where the site is, whatever zone the present request has activated."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


@dataclass(frozen=True)
class Scope:
    """For whom, and for which day, a rule is asked.

    With ``member_ids`` a rule may look only at those members: an incremental refresh then reads
    no more than their own rows. None means everybody.
    """

    member_ids: tuple[int, ...] | None = None
    today: datetime.date = field(default_factory=site_today)

    def only(self, rows: QuerySet[T], member_field: str = "member") -> QuerySet[T]:
        """``rows`` restricted to the members asked about; one parameter, however many they are."""
        if self.member_ids is None:
            return rows
        return rows.filter(IsOneOf(member_field, self.member_ids))

    def first_day(self, days: int) -> datetime.date:
        """The first of the last ``days`` days, today being the last of them."""
        return self.today - datetime.timedelta(days=days - 1)


@dataclass(frozen=True)
class Dependencies:
    """What can change a rule's answer: kinds of events, fields of members, or the calendar.

    ``fields`` are named as in ``member_changed``: ``status``, ``attributes.prefecture``, ``tags``,
    ``consent.email``, ``segment.12``, ``points``. ``time`` means that the answer can change when
    a new day begins, without anything happening.
    """

    kinds: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    time: bool = False

    def __or__(self, other: "Dependencies") -> "Dependencies":
        return Dependencies(
            self.kinds | other.kinds, self.fields | other.fields, self.time or other.time
        )

    def touched_by(self, kinds: Iterable[str], fields: Iterable[str]) -> bool:
        """Whether events of ``kinds`` or changes of ``fields`` concern it.

        A field named without its part, ``attributes``, stands for all of its parts.
        """
        families = {name.partition(".")[0] for name in self.fields}
        return not self.kinds.isdisjoint(kinds) or not (self.fields | families).isdisjoint(fields)


class Rule(ABC):
    """One condition on members. Subclasses are frozen dataclasses: equal rules are equal."""

    @abstractmethod
    def condition(self, scope: Scope) -> Q:
        """The members for whom it holds, as a condition on ``Member``.

        It must be true or false for every member, never NULL, so that groups can negate it.
        Query other tables through ``scope.only(rows)``, so that few members cost little.
        """

    @abstractmethod
    def dependencies(self) -> Dependencies: ...

    @abstractmethod
    def sentence(self) -> str:
        """The rule in the active language, as a clause after "Members": "who …", "whose …"."""

    def clause(self) -> Clause:
        """The same without its ending, so that languages can join it; see :mod:`.words`."""
        return Clause(self.sentence())

    def negation(self) -> "Rule | None":
        """The rule that holds for exactly the others, if it can be said; for sentences."""
        return None

    def excludes(self, other: "Rule") -> bool:
        """Whether it is plain, without looking at any member, that both can never hold."""
        return self.negation() == other

    def problems(self) -> list[str]:
        """Why it cannot work, in words for the editor; while there are any, nobody matches."""
        return []

    def doubts(self) -> list[str]:
        """Why nobody will ever match although every part works, in words for the editor."""
        return []


class WordedRule(Rule):
    """A rule that gives its clause without the ending."""

    @abstractmethod
    def clause(self) -> Clause: ...

    def sentence(self) -> str:
        return self.clause().last()


@dataclass(frozen=True)
class Broken(WordedRule):
    """A rule whose page, attribute or segment no longer exists. It holds for nobody."""

    reason: str

    def condition(self, scope: Scope) -> Q:
        return NOBODY_AT_ALL

    def dependencies(self) -> Dependencies:
        return Dependencies()

    def clause(self) -> Clause:
        text = gettext("who match a rule that no longer works (%(reason)s)")
        return Clause(text % {"reason": self.reason.rstrip(".。")}, Ending.DOING)

    def problems(self) -> list[str]:
        return [self.reason]
