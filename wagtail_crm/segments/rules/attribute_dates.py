"""Rules about dates that a site asks for, as seen from today where the member is."""

import calendar
import datetime
import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Right
from django.db.models.lookups import In
from django.utils.translation import gettext, ngettext

from wagtail_crm.members.models import AttributeDefinition, Member

from .attributes import ISO_DATE, JSON_TEXT
from .base import Dependencies, MemberIds, Rule, Scope, WordedRule
from .expressions import HasDate, JsonType
from .person import Person
from .windows import ONE_DAY, Period
from .words import Clause, Ending, inside_sentence
from .zones import by_day, changes_of_day, day_in

Day = datetime.date
When = Literal["in_last", "in_next", "anniversary"]

# Every day of a year has its anniversary within so many days.
WHOLE_YEAR = 366
MONTH_AND_DAY = 5


@dataclass(frozen=True)
class DateNear(WordedRule):
    """A date is near: in the last or the next ``days`` days, or its anniversary is.

    Today is one of these days: the day it is in the member's time zone, else in the site's. An
    anniversary asks for month and day in whatever year; of a February 29 it is February 28 in a
    year without one. What is stored and is no date matches nothing.
    """

    definition: AttributeDefinition
    when: When
    days: int
    negated: bool = False

    @property
    def key(self) -> str:
        return self.definition.key

    def condition(self, scope: Scope) -> Q:
        typed = Q(In(JsonType("attributes", self.key), JSON_TEXT))
        typed &= Q(**{f"attributes__{self.key}__regex": ISO_DATE})
        near = typed & by_day(scope.now, self._near)
        return ~near if self.negated else near

    def _near(self, today: Day) -> Q:
        first, last = self._days(today)
        if self.when == "anniversary":
            return self._is_one_of(marks(first, last))
        value = f"attributes__{self.key}"
        return Q(**{f"{value}__gte": first.isoformat(), f"{value}__lte": last.isoformat()})

    def _is_one_of(self, dates: frozenset[str]) -> Q:
        """Whether the date, or for an anniversary its month and day, is one of these."""
        text: Any = KeyTextTransform(self.key, "attributes")
        if self.when == "anniversary":
            text = Right(text, MONTH_AND_DAY)
        return Q(In(text, sorted(dates)))

    def _days(self, today: Day) -> tuple[Day, Day]:
        """The first and the last day that are near, as far as the calendar goes."""
        if self.when == "in_last":
            return _moved(today, 1 - self.days), today
        return today, _moved(today, self.days - 1)

    def holds(self, person: Person) -> bool:
        return self._holds_for(person) is not self.negated

    def _holds_for(self, person: Person) -> bool:
        value = person.attributes.get(self.key)
        if not isinstance(value, str) or re.match(ISO_DATE, value) is None:
            return False
        first, last = self._days(day_in(person.time_zone, person.now))
        if self.when == "anniversary":
            return value[-MONTH_AND_DAY:] in marks(first, last)
        return first.isoformat() <= value <= last.isoformat()

    def dependencies(self) -> Dependencies:
        fields = frozenset({f"attributes.{self.key}", "time_zone"})
        return Dependencies(fields=fields, time=True)

    def falling_due(self, period: Period) -> list[MemberIds]:
        """Those for whom a new day began, and whose date came near or went away with it."""
        due = []
        for earlier, later, members in changes_of_day(period.since, period.until):
            dates = self._changed(earlier, later)
            if dates:
                found = Member.objects.filter(Q(HasDate("attributes", dates)))
                found = found.filter(members & self._is_one_of(dates))
                due.append(found.values_list("pk", flat=True))
        return due

    def _changed(self, earlier: Day, later: Day) -> frozenset[str]:
        """Dates that came near or went away between these two days, or on a day between them.

        Who was asked about on such a day is in the segment though they are not at either end.
        """
        before, after = self._days(earlier), self._days(later)
        gone, come = (before[0], after[0] - ONE_DAY), (before[1] + ONE_DAY, after[1])
        if self.when == "anniversary":
            return marks(*gone) | marks(*come)
        days = (*_between(gone[0], gone[1] + ONE_DAY), *_between(come[0], come[1] + ONE_DAY))
        return frozenset(day.isoformat() for day in days)

    def negation(self) -> Rule:
        return replace(self, negated=not self.negated)

    def clause(self) -> Clause:
        words = {"attribute": inside_sentence(str(self.definition)), "n": self.days}
        positive, negative = _today(self.when) if self.days == 1 else _TEXTS[self.when](self.days)
        ending = Ending.NOT_BEING if self.negated else Ending.BEING
        return Clause((negative if self.negated else positive) % words, ending)


def marks(first: Day, last: Day) -> frozenset[str]:
    """The days of the year, as "02-29", whose anniversary lies between two days."""
    found = set()
    for day in _between(first, last + ONE_DAY):
        found.add(day.strftime("%m-%d"))
        if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
            found.add("02-29")
        if len(found) == WHOLE_YEAR:
            break
    return frozenset(found)


def _between(first: Day, end: Day) -> list[Day]:
    """The days from ``first`` until the one before ``end``."""
    return [first + datetime.timedelta(days=number) for number in range((end - first).days)]


def _moved(day: Day, days: int) -> Day:
    try:
        return day + datetime.timedelta(days=days)
    except OverflowError:
        return Day.min if days < 0 else Day.max - ONE_DAY


Texts = tuple[str, str]


def _today(when: When) -> Texts:
    if when == "anniversary":
        return (
            gettext("whose %(attribute)s has its anniversary today"),
            gettext("whose %(attribute)s does not have its anniversary today"),
        )
    return gettext("whose %(attribute)s is today"), gettext("whose %(attribute)s is not today")


def _last(days: int) -> Texts:
    return (
        ngettext(
            "whose %(attribute)s is in the last %(n)d day",
            "whose %(attribute)s is in the last %(n)d days",
            days,
        ),
        ngettext(
            "whose %(attribute)s is not in the last %(n)d day",
            "whose %(attribute)s is not in the last %(n)d days",
            days,
        ),
    )


def _next(days: int) -> Texts:
    return (
        ngettext(
            "whose %(attribute)s is in the next %(n)d day",
            "whose %(attribute)s is in the next %(n)d days",
            days,
        ),
        ngettext(
            "whose %(attribute)s is not in the next %(n)d day",
            "whose %(attribute)s is not in the next %(n)d days",
            days,
        ),
    )


def _anniversary(days: int) -> Texts:
    return (
        ngettext(
            "whose %(attribute)s has its anniversary in the next %(n)d day",
            "whose %(attribute)s has its anniversary in the next %(n)d days",
            days,
        ),
        ngettext(
            "whose %(attribute)s does not have its anniversary in the next %(n)d day",
            "whose %(attribute)s does not have its anniversary in the next %(n)d days",
            days,
        ),
    )


_TEXTS = {"in_last": _last, "in_next": _next, "anniversary": _anniversary}
