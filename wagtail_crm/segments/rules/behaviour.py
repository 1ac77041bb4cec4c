"""Rules about what members did."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from wagtail_crm.tracking.kinds import event_kinds
from wagtail_crm.tracking.models import DailyTotal, Event

from . import records
from .base import EVERYBODY, Dependencies, Interest, MemberIds, Rule, Scope, WordedRule
from .behaviour_words import clause_of
from .person import Person, Reads, Total
from .places import ANYWHERE, Place
from .properties import Property
from .windows import ALWAYS, ONE_DAY, Bounds, Period, Window
from .words import Clause

Comparison = Literal["at_least", "at_most", "exactly", "first", "last"]
Measure = Literal["times", "days", "value", "single"]


@dataclass(frozen=True)
class Did(WordedRule):
    """Did something so often, on so many days, or for so much; or when first or last.

    ``measure`` "times" counts events, "days" the days on which there were any, "value" adds up
    what they were worth in the unit of the kind, "single" takes the most that one thing was
    worth on one day. "At most" includes members who never did it. "First" and "last" ask whether
    the first or last time ever was in the ``window``. ``subject`` and ``place`` narrow down what
    counts. With ``properties`` only raw events can tell, and they expire.
    """

    kind: str
    comparison: Comparison = "at_least"
    amount: Decimal | int = 1
    measure: Measure = "times"
    window: Window = ALWAYS
    place: Place = ANYWHERE
    subject: str = ""
    properties: tuple[Property, ...] = ()

    def condition(self, scope: Scope) -> Q:
        bounds = self.window.bounds(scope.today)
        within = records.within(self._rows(scope), bounds)
        match self.comparison:
            case "at_least" if self.amount <= 0:
                return EVERYBODY
            case "first" | "last":
                beyond = self._beyond(self._rows(scope), bounds)
                at_all = Q(pk__in=within.values("member"))
                return at_all if beyond is None else at_all & ~Q(pk__in=beyond.values("member"))
            case "at_most":
                return ~self._who_did(within, "gt")
            case "exactly":
                return self._who_did_exactly(within)
        return self._who_did(within, "gte")

    def _rows(self, scope: Scope) -> Any:
        rows = records.events(self.properties) if self.properties else records.totals()
        return scope.only(self._narrowed(rows))

    def _narrowed(self, rows: Any) -> Any:
        """Totals, or events, of what it asks for, whenever it was."""
        rows = rows.of_kinds(self.kind)
        if self.subject:
            rows = rows.filter(subject=self.subject)
        return rows.filter(self.place.condition()) if self.place else rows

    def _beyond(self, rows: Any, bounds: Bounds) -> Any:
        """Rows of days before the first of the window, or after the last; None: there are none."""
        if self.comparison == "first":
            end = bounds.first and bounds.first - ONE_DAY
            return end and records.within(rows, Bounds(last=end))
        begin = bounds.last and bounds.last + ONE_DAY
        return begin and records.within(rows, Bounds(first=begin))

    def _who_did(self, rows: Any, comparison: str) -> Q:
        """Members whose amount is more ("gt"), or at least as much ("gte")."""
        least = self.amount + 1 if comparison == "gt" else self.amount
        if self.measure in ("times", "days") and least <= 1:
            return Q(pk__in=rows.values("member"))
        return self._whose_amount(rows, **{f"amount__{comparison}": self.amount})

    def _who_did_exactly(self, rows: Any) -> Q:
        if self.amount == 0:
            return ~Q(pk__in=rows.values("member"))
        return self._whose_amount(rows, amount=self.amount)

    def _whose_amount(self, rows: Any, **limit: Any) -> Q:
        measured = records.measured(rows, self.measure)
        return Q(pk__in=measured.filter(**limit).values("member"))

    def holds(self, person: Person) -> bool:
        bounds = self.window.bounds(person.today)
        done = self._done_by(person)
        within = [total for total in done if total.day in bounds]
        match self.comparison:
            case "first":
                return bool(within) and min(total.day for total in done) in bounds
            case "last":
                return bool(within) and max(total.day for total in done) in bounds
            case "at_most":
                return self._amount_of(within) <= self.amount
            case "exactly":
                return self._amount_of(within) == self.amount
        return self._amount_of(within) >= self.amount

    def _done_by(self, person: Person) -> list[Total]:
        where = self.place.among(person.pages) if self.place else None
        if where is None or self.properties:
            done = records.of_person(person, self.kind, self.properties)
        else:
            done = person.totals_on(self.kind, frozenset(where))
        return [
            total
            for total in done
            if (not self.subject or total.subject == self.subject)
            and (where is None or total.page_id in where)
        ]

    def _amount_of(self, done: list[Total]) -> Decimal | int:
        match self.measure:
            case "times":
                return sum(total.times for total in done)
            case "days":
                return len({total.day for total in done})
            case "single":
                return max((total.value for total in done), default=Decimal())
        return sum((total.value for total in done), Decimal())

    @property
    def only_in_sql(self) -> bool:  # type: ignore[override]
        return any(each.only_in_sql for each in self.properties)

    def dependencies(self) -> Dependencies:
        return Dependencies(kinds=frozenset({self.kind}), time=self.window.moves)

    def reads(self) -> Reads:
        where = Reads(pages=self.place.tops, of_pages=self.place.reads)
        when = {self.kind: self._looked_at}
        return where | (Reads(events=when) if self.properties else Reads(totals=when))

    @property
    def _looked_at(self) -> Window:
        """The days that decide: whether it was the first time hangs on those before as well."""
        match self.comparison:
            case "first":
                return replace(self.window, oldest=None, first=None)
            case "last":
                return replace(self.window, newest=None, last=None)
        return self.window

    def interests(self) -> frozenset[Interest]:
        pages = frozenset(self.place.named)
        return frozenset({Interest(self.kind, pages, self.place.below, self.subject)})

    def falling_due(self, period: Period) -> list[MemberIds]:
        """Who did it on a day that the window has left or reached."""
        crossed = self.window.crossed(period)
        totals = self._narrowed(DailyTotal.objects.of_members()) if crossed else None
        return [
            records.within(totals, bounds).values_list("member", flat=True) for bounds in crossed
        ]

    def evidence(self, person: Person) -> QuerySet[Event]:
        events = self._narrowed(records.events(self.properties).filter(member=person.pk))
        return records.within(events, self.window.bounds(person.today)).newest_first()

    def negation(self) -> Rule | None:
        if self.measure not in ("times", "days"):
            return None
        if self.comparison == "at_most":
            return replace(self, comparison="at_least", amount=self.amount + 1)
        if self.comparison == "at_least":
            return replace(self, comparison="at_most", amount=self.amount - 1)
        return None

    def excludes(self, other: Rule) -> bool:
        """At least 3 times in 7 days can never go with at most once in 30."""
        if not isinstance(other, Did) or self._about != other._about:
            return False
        least, most = other._least, self._most
        too_much = least is not None and most is not None and least > most
        return too_much and other.window.is_within(self.window)

    @property
    def _about(self) -> tuple[Any, ...]:
        """What is measured; equal for rules that can contradict each other."""
        measure = "times" if self.comparison in ("first", "last") else self.measure
        return self.kind, measure, self.place, self.subject, self.properties

    @property
    def _least(self) -> Decimal | int | None:
        if self.comparison in ("first", "last"):
            return 1
        return None if self.comparison == "at_most" else self.amount

    @property
    def _most(self) -> Decimal | int | None:
        return self.amount if self.comparison in ("at_most", "exactly") else None

    def problems(self) -> list[str]:
        if self.kind in event_kinds:
            return []
        return [gettext("This kind of behaviour is no longer recorded: %s") % self.kind]

    def doubts(self) -> list[str]:
        days, least = self.window.length, self._least
        if self.measure != "days" or days is None or least is None or least <= days:
            return []
        return [
            gettext("Nobody can match “%s”: there are not so many days.") % self.clause().alone()
        ]

    def clause(self) -> Clause:
        return clause_of(self)
