"""Rules within rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import combinations
from operator import and_, or_
from typing import Literal

from django.db.models import Q
from django.utils.translation import gettext

from .base import EVERYBODY, Dependencies, Detail, Interest, MemberIds, Rule, Scope
from .person import Person, Reads
from .windows import Period
from .words import Clause, Ending, all_of, any_of

Match = Literal["all", "any", "none"]


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

    def holds(self, person: Person) -> bool:
        if not self.rules or self.match == "all":
            return all(rule.holds(person) for rule in self._cheapest_first)
        return any(rule.holds(person) for rule in self._cheapest_first) is (self.match == "any")

    @cached_property
    def _cheapest_first(self) -> Sequence[Rule]:
        """Often these decide, and what costs more need not be loaded."""
        return sorted(self.rules, key=lambda rule: rule.reads().cost)

    @property
    def only_in_sql(self) -> bool:  # type: ignore[override]
        return any(rule.only_in_sql for rule in self.rules)

    @property
    def about_visit(self) -> bool:  # type: ignore[override]
        return any(rule.about_visit for rule in self.rules)

    def dependencies(self) -> Dependencies:
        return reduce(or_, (rule.dependencies() for rule in self.rules), Dependencies())

    def reads(self) -> Reads:
        return reduce(or_, (rule.reads() for rule in self.rules), Reads())

    def details(self) -> frozenset[Detail]:
        return frozenset().union(*(rule.details() for rule in self.rules))

    def interests(self) -> frozenset[Interest]:
        return frozenset().union(*(rule.interests() for rule in self.rules))

    def falling_due(self, period: Period) -> list[MemberIds]:
        return [due for rule in self.rules for due in rule.falling_due(period)]

    def sentence(self) -> str:
        """The clauses of its rules, joined without brackets; see :meth:`clause` for a part."""
        said = self._as_said()
        if not said.rules:
            return gettext("who are in the list")
        clauses = [rule.clause() for rule in said.rules]
        if said.match == "none":
            return said.clause().last()
        return all_of(clauses) if said.match == "all" else any_of(clauses)

    def clause(self) -> Clause:
        """As a part of another group: in brackets when it holds several rules."""
        said = self._as_said()
        clauses = [rule.clause() for rule in said.rules]
        if not clauses:
            return Clause(gettext("who are in the list"))
        if said.match == "none":
            text = gettext("who are none of these (%(clauses)s)")
            return Clause(text % {"clauses": any_of(clauses, Clause.alone)}, Ending.NOT_DOING)
        if len(clauses) == 1:
            return clauses[0]
        join = all_of if said.match == "all" else any_of
        text = gettext("(%(clauses)s)") % {"clauses": join(clauses, Clause.alone)}
        return Clause(text, Ending.IN_BRACKETS)

    def _as_said(self) -> "Group":
        """None of A and B is easier to read as: not A, and not B."""
        if self.match != "none":
            return self
        negations = [rule.negation() for rule in self.rules]
        if any(negation is None for negation in negations):
            return self
        return Group("all", tuple(negation for negation in negations if negation is not None))

    def negation(self) -> Rule | None:
        if len(self.rules) == 1 and self.match != "none":
            return self.rules[0].negation()
        if not self.rules or self.match == "all":
            return None
        return Group("any" if self.match == "none" else "none", self.rules)

    def problems(self) -> list[str]:
        return _once(problem for rule in self.rules for problem in rule.problems())

    def doubts(self) -> list[str]:
        doubts = [doubt for rule in self.rules for doubt in rule.doubts()]
        if self.match == "all":
            text = gettext("Nobody can match both “%(first)s” and “%(second)s”.")
            doubts += [
                text % {"first": first.clause().alone(), "second": second.clause().alone()}
                for first, second in combinations(self.rules, 2)
                if first.excludes(second) or second.excludes(first)
            ]
        return _once(doubts)


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
