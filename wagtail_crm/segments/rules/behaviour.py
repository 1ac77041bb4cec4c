"""Rules about what members did."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from wagtail_crm.tracking.kinds import event_kinds
from wagtail_crm.tracking.models import DailyTotal, Event

from . import records
from .base import EVERYBODY, Dependencies, Detail, Interest, MemberIds, Rule, Scope, WordedRule
from .behaviour_words import clause_of
from .expressions import IsOneOfTexts
from .person import Look, Person, Reads, Total
from .places import ANYWHERE, Place
from .properties import Property
from .windows import ALWAYS, ONE_DAY, Bounds, Period, Window
from .words import Clause

Comparison = Literal["at_least", "at_most", "exactly", "first", "last", "nth"]
Measure = Literal["times", "days", "value", "single"]
# They ask when something was, rather than how often.
MOMENTS = ("first", "last", "nth")


@dataclass(frozen=True)
class Did(WordedRule):
    """Did something so often, on so many days, or for so much; or when first, last or nth.

    ``measure`` "times" counts events, "days" the days on which there were any, "value" adds up
    what they were worth in the unit of the kind, "single" takes the most that one thing was
    worth on one day. "At most" includes members who never did it. "First" and "last" ask whether
    the first or last time ever was in the ``window``, "nth" whether that time was whose number
    is ``amount``. ``subject`` and ``place`` narrow down what counts. With ``properties`` only
    raw events can tell, and they expire.
    """

    kind: str
    comparison: Comparison = "at_least"
    amount: Decimal | int = 1
    measure: Measure = "times"
    window: Window = ALWAYS
    place: Place = ANYWHERE
    subject: str = ""
    properties: tuple[Property, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """Events of any of these kinds count."""
        return frozenset({self.kind})

    @property
    def subjects(self) -> frozenset[str] | None:
        """What it may have been about; None: anything."""
        return frozenset({self.subject}) if self.subject else None

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
            case "nth":
                return self._whose_time_came(scope, bounds)
            case "at_most":
                return ~self._who_did(within, "gt")
            case "exactly":
                return self._who_did_exactly(within)
        return self._who_did(within, "gte")

    def _whose_time_came(self, scope: Scope, bounds: Bounds) -> Q:
        """Who had done it so often when the window ended, but not when it began."""
        until = records.within(self._rows(scope), Bounds(last=bounds.last))
        had = self._who_did(until, "gte")
        if bounds.first is None:
            return had
        before = records.within(self._rows(scope), Bounds(last=bounds.first - ONE_DAY))
        return had & ~self._who_did(before, "gte")

    def _rows(self, scope: Scope) -> Any:
        rows = records.events(self.properties) if self.properties else records.totals()
        return scope.only(self._narrowed(rows))

    def _narrowed(self, rows: Any) -> Any:
        """Totals, or events, of what it asks for, whenever it was."""
        rows = rows.of_kinds(*sorted(self.kinds))
        if self.subjects is not None:
            rows = rows.filter(_is_about(self.subjects))
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
            case "nth":
                before = [total for total in done if _is_before(total.day, bounds.first)]
                until = [*before, *within]
                return self._amount_of(before) < self.amount <= self._amount_of(until)
            case "at_most":
                return self._amount_of(within) <= self.amount
            case "exactly":
                return self._amount_of(within) == self.amount
        return self._amount_of(within) >= self.amount

    def _done_by(self, person: Person) -> list[Total]:
        where = self.place.among(person.pages) if self.place else None
        subjects = self.subjects
        return [
            total
            for kind in self.kinds
            for total in self._totals(person, kind, where)
            if (subjects is None or total.subject in subjects)
            and (where is None or total.page_id in where)
        ]

    def _totals(self, person: Person, kind: str, where: Any) -> Iterable[Total]:
        if where is None or self.properties:
            return records.of_person(person, kind, self.properties)
        return person.totals_on(kind, frozenset(where))

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
        return Dependencies(kinds=self.kinds, time=self.window.moves)

    def reads(self) -> Reads:
        where = Reads(pages=self.place.tops, of_pages=self.place.reads)
        look = Look(self._looked_at, frozenset(self.place.named))
        when = dict.fromkeys(self.kinds, look)
        return where | (Reads(events=when) if self.properties else Reads(totals=when))

    @property
    def _looked_at(self) -> Window:
        """The days that decide: whether it was the first time hangs on those before as well."""
        match self.comparison:
            case "first" | "nth":
                return replace(self.window, oldest=None, first=None)
            case "last":
                return replace(self.window, newest=None, last=None)
        return self.window

    def details(self) -> frozenset[Detail]:
        names = {each.path[0] for each in self.properties}
        return frozenset(Detail(kind, name) for kind in self.kinds for name in names)

    def interests(self) -> frozenset[Interest]:
        pages, below = frozenset(self.place.named), self.place.below
        return frozenset(Interest(kind, pages, below, self.subject) for kind in self.kinds)

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
        measure = "times" if self.comparison in MOMENTS else self.measure
        return self.kinds, measure, self.place, self.subjects, self.properties

    @property
    def _least(self) -> Decimal | int | None:
        if self.comparison in MOMENTS:
            return 1
        return None if self.comparison == "at_most" else self.amount

    @property
    def _most(self) -> Decimal | int | None:
        return self.amount if self.comparison in ("at_most", "exactly") else None

    def problems(self) -> list[str]:
        text = gettext("This kind of behaviour is no longer recorded: %s")
        return [text % kind for kind in sorted(self.kinds) if kind not in event_kinds]

    def doubts(self) -> list[str]:
        days, least = self.window.length, self._least
        if self.measure != "days" or days is None or least is None or least <= days:
            return []
        return [
            gettext("Nobody can match “%s”: there are not so many days.") % self.clause().alone()
        ]

    def clause(self) -> Clause:
        return clause_of(self)

    def things(self) -> str:
        """What it was about, where that has a name: "Starter kit"; "" says it by the subject."""
        return ""


def _is_about(subjects: frozenset[str]) -> Q | IsOneOfTexts:
    if len(subjects) == 1:
        return Q(subject=next(iter(subjects)))
    return IsOneOfTexts("subject", sorted(subjects))


def _is_before(day: datetime.date, first: datetime.date | None) -> bool:
    return first is not None and day < first
