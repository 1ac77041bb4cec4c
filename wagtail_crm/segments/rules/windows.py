"""When something was done: days counted back from today, or dates."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from .person import site_today

Day = datetime.date
ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Time that passed: what held at ``since`` is to be asked again at ``until``."""

    since: datetime.datetime
    until: datetime.datetime

    @property
    def first_day(self) -> datetime.date:
        """The day of ``since`` where the site is."""
        return site_today(self.since)

    @property
    def last_day(self) -> datetime.date:
        """The day of ``until`` where the site is."""
        return site_today(self.until)


@dataclass(frozen=True)
class Bounds:
    """From ``first`` to ``last``, both included; None: as far as there is anything."""

    first: Day | None = None
    last: Day | None = None

    def __contains__(self, day: Day) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Window:
    """Some days: from ``oldest`` to ``newest`` days ago (0 is today), or between two dates.

    Days are those of the site's time zone. What is None has no end on that side.
    """

    oldest: int | None = None
    newest: int | None = None
    first: Day | None = None
    last: Day | None = None

    @property
    def moves(self) -> bool:
        """Whether other days are in it tomorrow."""
        return self.oldest is not None or self.newest is not None

    def bounds(self, today: Day) -> Bounds:
        if self.moves:
            return Bounds(_ago(today, self.oldest), _ago(today, self.newest))
        return Bounds(self.first, self.last)

    @property
    def length(self) -> int | None:
        """How many days are in it; None without end."""
        bounds = self.bounds(Day(4000, 1, 1))
        if bounds.first is None or bounds.last is None:
            return None
        return (bounds.last - bounds.first).days + 1

    def __or__(self, other: "Window") -> "Window":
        """The shortest window with all days of both; for ever, where that changes by the day."""
        if self.moves != other.moves:
            return ALWAYS
        return Window(
            _further(max, self.oldest, other.oldest),
            _further(min, self.newest, other.newest),
            _further(min, self.first, other.first),
            _further(max, self.last, other.last),
        )

    def is_within(self, other: "Window") -> bool:
        """Whether it is plain that each of its days is a day of the other as well."""
        if self.moves != other.moves:
            return other == ALWAYS
        if self.moves:
            return _least(self.newest) >= _least(other.newest) and _most(self.oldest) <= _most(
                other.oldest
            )
        return (other.first is None or (self.first is not None and self.first >= other.first)) and (
            other.last is None or (self.last is not None and self.last <= other.last)
        )

    def is_apart_from(self, other: "Window") -> bool:
        """Whether it is plain that they have no day in common."""
        if self.moves != other.moves:
            return False
        if self.moves:
            return _most(self.oldest) < _least(other.newest) or (
                _most(other.oldest) < _least(self.newest)
            )
        return _before(self.last, other.first) or _before(other.last, self.first)

    def crossed(self, period: Period) -> list[Bounds]:
        """The days that came into it, and those that went out of it, in this time."""
        found = []
        before, after = self.bounds(period.first_day), self.bounds(period.last_day)
        if before.first is not None and after.first is not None and before.first < after.first:
            found.append(Bounds(before.first, after.first - ONE_DAY))
        if before.last is not None and after.last is not None and before.last < after.last:
            found.append(Bounds(before.last + ONE_DAY, after.last))
        return found

    def words(self) -> str:
        """ "in the last 30 days", in the active language; "" for ever."""
        if self.moves:
            return self._days_in_words()
        dates = {"first": _in_words(self.first), "last": _in_words(self.last)}
        if self.first is not None and self.last is not None:
            return gettext("from %(first)s to %(last)s") % dates
        if self.first is not None:
            return gettext("since %(first)s") % dates
        return gettext("until %(last)s") % dates if self.last is not None else ""

    def _days_in_words(self) -> str:
        if self.oldest is None:
            days = self.newest or 0
            return ngettext("at least %(n)d day ago", "at least %(n)d days ago", days) % {"n": days}
        if not self.newest:
            days = self.oldest + 1
            return ngettext("in the last %(n)d day", "in the last %(n)d days", days) % {"n": days}
        text = gettext("between %(newest)d and %(oldest)d days ago")
        return text % {"newest": self.newest, "oldest": self.oldest}


ALWAYS = Window()


def last_days(days: int) -> Window:
    """Today and the ``days`` - 1 days before it."""
    return Window(oldest=days - 1, newest=0)


def _ago(today: Day, days: int | None) -> Day | None:
    return None if days is None else today - datetime.timedelta(days=days)


def _further(choose: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    """None, where one of them has no end."""
    return None if one is None or other is None else choose(one, other)


def _least(days: int | None) -> float:
    return float("-inf") if days is None else days


def _most(days: int | None) -> float:
    return float("inf") if days is None else days


def _before(day: Day | None, other: Day | None) -> bool:
    return day is not None and other is not None and day < other


def _in_words(day: Day | None) -> str:
    return "" if day is None else date_format(day, "DATE_FORMAT")
