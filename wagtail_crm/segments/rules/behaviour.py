"""Rules about what members did, answered from the daily totals."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

import swapper
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, pgettext

from wagtail_crm.tracking.kinds import event_kinds
from wagtail_crm.tracking.models import DailyTotal, Event

from .base import (
    Dependencies,
    Interest,
    MemberIds,
    Period,
    Rule,
    Scope,
    WordedRule,
    midnight,
)
from .expressions import IsAmong
from .person import Person, Reads, Total
from .words import Clause, Ending, inside_sentence, listed

Comparison = Literal["at_least", "at_most"]
Measure = Literal["times", "value"]

# Above every path of a page below: treebeard numbers children with digits and capital letters.
LAST_STEP = "ZZZZ"


@dataclass(frozen=True)
class NamedPage:
    """A page that a rule names; the title is for the sentence."""

    pk: int
    title: str = ""


@dataclass(frozen=True)
class Did(WordedRule):
    """Did something at least or at most so often, or for so much, anywhere or on pages.

    ``measure`` "times" counts events, "value" adds up what they were worth in the unit of the
    kind. "At most" includes members who never did it. ``days`` counts whole days in the site's
    time zone, today among them; None means ever. ``below`` adds all that is under the pages, as
    the tree is when the rule is asked.
    """

    kind: str
    comparison: Comparison = "at_least"
    amount: Decimal | int = 1
    measure: Measure = "times"
    days: int | None = None
    pages: tuple[NamedPage, ...] = ()
    below: bool = False
    subject: str = ""

    def condition(self, scope: Scope) -> Q:
        if self.comparison == "at_most":
            return ~Q(pk__in=self._who_did_more(scope))
        return Q(pk__in=self._who_did(scope))

    def _who_did(self, scope: Scope) -> QuerySet[Any]:
        totals = self._totals(scope)
        if self.measure == "times" and self.amount <= 1:
            return totals.filter(count__gt=0).values("member")
        return self._summed(totals).filter(amount__gte=self.amount).values("member")

    def _who_did_more(self, scope: Scope) -> QuerySet[Any]:
        totals = self._totals(scope)
        if self.measure == "times" and self.amount < 1:
            return totals.filter(count__gt=0).values("member")
        return self._summed(totals).filter(amount__gt=self.amount).values("member")

    def _summed(self, totals: QuerySet[Any]) -> QuerySet[Any]:
        column = "count" if self.measure == "times" else "value"
        return totals.values("member").annotate(amount=Sum(column))

    def _totals(self, scope: Scope) -> QuerySet[Any]:
        totals = scope.only(self._anytime(DailyTotal.objects.all()).of_members())
        if self.days is not None:
            first = scope.first_day(self.days)
            totals = totals.filter(day__gte=first, day__lte=scope.today)
        return totals

    def _anytime(self, rows: Any) -> Any:
        """Totals, or events, of what it asks for, whenever it was."""
        rows = rows.of_kinds(self.kind)
        if self.subject:
            rows = rows.filter(subject=self.subject)
        if self.pages:
            rows = rows.filter(self._where())
        return rows

    def _where(self) -> Q | IsAmong:
        named = self._named
        if not self.below:
            return Q(page__in=named)
        pages = swapper.load_model("wagtailcore", "Page").objects.order_by()
        above = pages.filter(pk__in=named).annotate(end=Concat("path", Value(LAST_STEP)))
        below = above.filter(path__lte=OuterRef("path"), end__gte=OuterRef("path"))
        return IsAmong("page", pages.filter(Exists(below)).values("pk"))

    @property
    def _named(self) -> tuple[int, ...]:
        return tuple(page.pk for page in self.pages)

    def holds(self, person: Person) -> bool:
        amount = self._amount_of(person)
        return amount >= self.amount if self.comparison == "at_least" else amount <= self.amount

    def _amount_of(self, person: Person) -> Decimal | int:
        totals = self._counted(person)
        if self.measure == "times":
            return sum(total.times for total in totals)
        return sum((total.value for total in totals), Decimal())

    def _counted(self, person: Person) -> list[Total]:
        totals = person.totals.get(self.kind, ())
        if self.days is not None:
            first = person.first_day(self.days)
            totals = [total for total in totals if first <= total.day <= person.today]
        if self.subject:
            totals = [total for total in totals if total.subject == self.subject]
        if self.pages:
            where = person.pages.below(self._named) if self.below else self._named
            totals = [total for total in totals if total.page_id in where]
        return list(totals)

    def dependencies(self) -> Dependencies:
        return Dependencies(kinds=frozenset({self.kind}), time=self.days is not None)

    def reads(self) -> Reads:
        pages = frozenset(self._named) if self.below else frozenset()
        return Reads(totals=frozenset({self.kind}), pages=pages)

    def interests(self) -> frozenset[Interest]:
        return frozenset({Interest(self.kind, frozenset(self._named), self.below, self.subject)})

    def falling_due(self, period: Period) -> list[MemberIds]:
        """Who did it on a day that the window has left, or, dated ahead, has reached."""
        if self.days is None or not period.has_new_day:
            return []
        window = timedelta(days=self.days)
        totals = self._anytime(DailyTotal.objects.all()).of_members()
        left = Q(day__gt=period.first_day - window, day__lte=period.last_day - window)
        reached = Q(day__gt=period.first_day, day__lte=period.last_day)
        return [totals.filter(days).values_list("member", flat=True) for days in (left, reached)]

    def evidence(self, person: Person) -> QuerySet[Event]:
        events = self._anytime(Event.objects.filter(member=person.pk))
        if self.days is not None:
            tomorrow = midnight(person.today + timedelta(days=1))
            first = midnight(person.first_day(self.days))
            events = events.filter(at__gte=first, at__lt=tomorrow)
        return events.newest_first()

    def negation(self) -> Rule | None:
        if self.measure == "value":
            return None
        if self.comparison == "at_most":
            return replace(self, comparison="at_least", amount=self.amount + 1)
        return replace(self, comparison="at_most", amount=self.amount - 1)

    def excludes(self, other: Rule) -> bool:
        """At least 3 times in 7 days can never go with at most once in 30."""
        if not isinstance(other, Did) or self.comparison == other.comparison:
            return False
        if self.comparison == "at_most" or other.amount >= self.amount:
            return False
        same = replace(other, comparison="at_least", amount=self.amount, days=self.days) == self
        return same and (other.days is None or (self.days or float("inf")) <= other.days)

    def problems(self) -> list[str]:
        if self.kind in event_kinds:
            return []
        return [gettext("This kind of behaviour is no longer recorded: %s") % self.kind]

    def clause(self) -> Clause:
        kind = event_kinds.get(self.kind)
        negative = self.comparison == "at_most"
        template = (kind.did_not if negative else kind.did) if kind else ""
        text = str(template or _done(negative)) % {
            "what": self._what((kind.anything if negative else kind.something) if kind else ""),
            "often": self._often(kind.unit if kind else ""),
            "label": inside_sentence(str(kind.label)) if kind else self.kind,
        }
        # A part that says nothing leaves a gap.
        text = " ".join(text.split())
        return Clause(text, Ending.NOT_DOING if negative else Ending.DOING)

    def _what(self, something: Any) -> str:
        what = pages_in_words(self.pages, self.below) if self.pages else ""
        if self.subject:
            name = self.subject.partition(":")[2] or self.subject
            what = gettext("%(what)s (%(name)s)") % {"what": what or something, "name": name}
        return what or str(something)

    def _often(self, unit: Any) -> str:
        parts = {"amount": self._how_much(unit), "days": ""}
        if self.days is not None:
            text = ngettext("in the last %(n)d day", "in the last %(n)d days", self.days)
            parts["days"] = text % {"n": self.days}
        return pgettext("how often, and when", "%(amount)s %(days)s") % parts

    def _how_much(self, unit: Any) -> str:
        if self.measure == "value":
            return _worth(self.comparison, Decimal(self.amount), str(unit))
        times = int(self.amount)
        if self.comparison == "at_least":
            return _at_least(times) if times > 1 else ""
        return _more_than(times) if times > 0 else ""


def _done(negative: bool) -> str:
    """The words for a kind of event that brings none of its own."""
    if negative:
        return pgettext("behaviour", "who have not done “%(label)s” %(what)s %(often)s")
    return pgettext("behaviour", "who have done “%(label)s” %(what)s %(often)s")


def pages_in_words(pages: tuple[NamedPage, ...], below: bool) -> str:
    """ "Baking or Bread", and with what is below them "Baking, Bread or a page below them"."""
    quoted = pgettext("title of a page in a sentence", "%(title)s")
    titles = [quoted % {"title": page.title} for page in pages]
    if not below:
        return listed(titles)
    words = {"pages": pgettext("things in a row", ", ").join(titles)}
    return (
        ngettext("%(pages)s or a page below it", "%(pages)s or a page below them", len(pages))
        % words
    )


def _at_least(times: int) -> str:
    if times == 2:
        return gettext("at least twice")
    return ngettext("at least %(n)d time", "at least %(n)d times", times) % {"n": times}


def _more_than(times: int) -> str:
    if times == 1:
        return gettext("more than once")
    return ngettext("more than %(n)d time", "more than %(n)d times", times) % {"n": times}


def _worth(comparison: Comparison, amount: Decimal, unit: str) -> str:
    words = {"amount": number_format(amount.normalize(), force_grouping=True), "unit": unit}
    if comparison == "at_least":
        return gettext("for at least %(amount)s %(unit)s in total") % words
    return gettext("for more than %(amount)s %(unit)s in total") % words
