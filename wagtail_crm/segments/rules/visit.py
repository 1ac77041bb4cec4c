"""Rules about the visit itself: they are answered while a page is made, never counted.

A segment may ask for both, "Bakers, on a phone": :func:`split` takes the two parts apart. The
part about people is kept as membership, the part about the visit is asked on each request.
"""

import datetime
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from django.db.models import Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext, pgettext

from .base import NOBODY_AT_ALL, Dependencies, Rule, Scope, WordedRule
from .groups import Group
from .person import Person
from .places import NamedPage, pages_in_words
from .words import Clause, Ending, listed

TextComparison = Literal["is", "contains", "set"]


class Visit(Protocol):
    """What is known of one request; each part is looked up when a rule asks for it."""

    @property
    def device(self) -> Mapping[str, str]:
        """``device`` (phone, tablet, computer, other), ``os`` and ``browser``."""

    @property
    def touch(self) -> Mapping[str, str]:
        """``referrer``, the foreign site that led here, and UTM parameters, of this visit."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """The query parameters of the request."""

    @property
    def now(self) -> datetime.datetime:
        """The time where the site is."""

    @property
    def is_returning(self) -> bool:
        """Whether they have been here before this visit."""

    @property
    def page_path(self) -> str:
        """The place of the current page in the tree, "" where there is none."""

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2, "" when unknown."""

    @property
    def language(self) -> str:
        """The language the page is shown in."""


class VisitRule(WordedRule):
    """A rule about the visit. Without one, when members are counted, it holds for nobody."""

    about_visit = True

    @abstractmethod
    def fits(self, visit: Visit) -> bool:
        """Whether the visit is as it says."""

    def holds(self, person: Person) -> bool:
        return person.visit is not None and self.fits(person.visit)

    def condition(self, scope: Scope) -> Q:
        return NOBODY_AT_ALL

    def dependencies(self) -> Dependencies:
        return Dependencies()


@dataclass(frozen=True)
class OnDevice(VisitRule):
    """Uses one of some kinds of device, operating systems or browsers.

    ``part`` is which of them; names of systems and browsers compare without regard to case, and
    a beginning suffices: "Chrome" is also "Chrome Mobile".
    """

    part: Literal["device", "os", "browser"]
    values: tuple[str, ...]

    def fits(self, visit: Visit) -> bool:
        actual = visit.device.get(self.part, "").lower()
        if self.part == "device":
            return actual in self.values
        return actual.startswith(tuple(value.lower() for value in self.values))

    def clause(self) -> Clause:
        devices = {
            "phone": pgettext("visit with", "a phone"),
            "tablet": pgettext("visit with", "a tablet"),
            "computer": pgettext("visit with", "a computer"),
        }
        names = [devices.get(value, value) for value in self.values]
        return Clause(
            gettext("who visit with %(device)s") % {"device": listed(names)}, Ending.DOING
        )


@dataclass(frozen=True)
class CameFrom(VisitRule):
    """Was led here, in this visit, by a site or a campaign; ``name`` is a part of the touch.

    ``set`` asks whether there is any. Letters compare without regard to case; a referring site
    is also meant by the end of its name: "instagram.com" is also "l.instagram.com".
    """

    name: str
    comparison: TextComparison = "is"
    value: str = ""

    def fits(self, visit: Visit) -> bool:
        actual, value = visit.touch.get(self.name, "").lower(), self.value.lower()
        if self.comparison == "set":
            return bool(actual)
        if self.comparison == "contains":
            return value in actual
        is_below = self.name == "referrer" and actual.endswith(f".{value}")
        return actual == value or is_below

    def clause(self) -> Clause:
        words = {"name": self.name, "value": self.value}
        if self.name == "referrer":
            text = {
                "is": gettext("who were led here by the site “%(value)s”"),
                "contains": gettext("who were led here by a site with “%(value)s” in its name"),
                "set": gettext("who were led here by another site"),
            }[self.comparison]
        else:
            text = {
                "is": gettext("who came with %(name)s “%(value)s”"),
                "contains": gettext("who came with “%(value)s” in %(name)s"),
                "set": gettext("who came with any %(name)s"),
            }[self.comparison]
        return Clause(text % words, Ending.DOING)


@dataclass(frozen=True)
class HasParameter(VisitRule):
    """The address of the page has a query parameter, with any value or a given one."""

    name: str
    comparison: TextComparison = "set"
    value: str = ""

    def fits(self, visit: Visit) -> bool:
        actual = visit.parameters.get(self.name)
        if actual is None or self.comparison == "set":
            return actual is not None
        return self.value in actual if self.comparison == "contains" else actual == self.value

    def clause(self) -> Clause:
        text = {
            "is": gettext("who open an address with “%(name)s=%(value)s”"),
            "contains": gettext("who open an address with “%(value)s” in “%(name)s”"),
            "set": gettext("who open an address with “%(name)s”"),
        }[self.comparison]
        return Clause(text % {"name": self.name, "value": self.value}, Ending.DOING)


@dataclass(frozen=True)
class AtTime(VisitRule):
    """Visits at some hours or on some days of the week, in the site's time zone.

    From ``start`` up to but without ``end``; an end before the start is on the next day, and
    such a night belongs to the day on which it begins. ``weekdays`` are 0 (Monday) to 6; none
    means every day.
    """

    start: datetime.time | None = None
    end: datetime.time | None = None
    weekdays: frozenset[int] = frozenset()

    def fits(self, visit: Visit) -> bool:
        now = visit.now
        time, day = now.time().replace(microsecond=0), now.weekday()
        start, end = self.start or datetime.time.min, self.end
        crosses_midnight = end is not None and end <= start
        if crosses_midnight and end is not None and time < end:
            day = (day - 1) % 7
        elif time < start or (end is not None and not crosses_midnight and time >= end):
            return False
        return not self.weekdays or day in self.weekdays

    def clause(self) -> Clause:
        days, hours = self._days(), self._hours()
        words = {"days": days, "hours": hours}
        if days and hours:
            text = gettext("who visit on %(days)s %(hours)s")
        elif days:
            text = gettext("who visit on %(days)s")
        else:
            text = gettext("who visit %(hours)s")
        return Clause(text % words, Ending.DOING)

    def _days(self) -> str:
        if not self.weekdays:
            return ""
        return listed([str(WEEKDAYS[day]) for day in sorted(self.weekdays)])

    def _hours(self) -> str:
        words = {
            "start": f"{self.start:%H:%M}" if self.start else "",
            "end": f"{self.end:%H:%M}" if self.end else "",
        }
        if self.start and self.end:
            return gettext("between %(start)s and %(end)s") % words
        if self.start:
            return gettext("from %(start)s") % words
        return gettext("before %(end)s") % words if self.end else ""


@dataclass(frozen=True)
class IsReturning(VisitRule):
    """Has been here before this visit; members have."""

    negated: bool = False

    def fits(self, visit: Visit) -> bool:
        return visit.is_returning is not self.negated

    def negation(self) -> Rule:
        return IsReturning(not self.negated)

    def clause(self) -> Clause:
        if self.negated:
            return Clause(gettext("who are here for the first time"), Ending.BEING)
        return Clause(gettext("who have been here before"), Ending.DOING)


@dataclass(frozen=True)
class OnPage(VisitRule):
    """Is looking at one of some pages now; ``paths`` are where these are in the tree."""

    pages: tuple[NamedPage, ...]
    paths: tuple[str, ...]
    below: bool = False

    def fits(self, visit: Visit) -> bool:
        path = visit.page_path
        return path.startswith(self.paths) if self.below else path in self.paths

    def clause(self) -> Clause:
        words = {"pages": pages_in_words(self.pages, self.below)}
        return Clause(gettext("who are looking at %(pages)s") % words, Ending.DOING)


@dataclass(frozen=True)
class FromCountry(VisitRule):
    """Visits from one of some countries (ISO 3166-1 alpha-2), as far as the proxy says so."""

    countries: frozenset[str]
    negated: bool = False

    def fits(self, visit: Visit) -> bool:
        return (visit.country in self.countries) is not self.negated

    def clause(self) -> Clause:
        words = {"countries": listed(sorted(self.countries))}
        if self.negated:
            return Clause(gettext("who do not visit from %(countries)s") % words, Ending.NOT_DOING)
        return Clause(gettext("who visit from %(countries)s") % words, Ending.DOING)


@dataclass(frozen=True)
class ReadsIn(VisitRule):
    """Is shown the site in a language; ``name`` is the language's, for the sentence."""

    language: str
    name: str = ""

    def fits(self, visit: Visit) -> bool:
        return visit.language == self.language

    def excludes(self, other: Rule) -> bool:
        return isinstance(other, ReadsIn) and other.language != self.language

    def clause(self) -> Clause:
        return Clause(
            gettext("who read the site in %(language)s") % {"language": self.name}, Ending.DOING
        )


class MixedVisit(Exception):
    """Rules about people and about the visit cannot be taken apart."""

    def __str__(self) -> str:
        return gettext(
            "Rules about the visit and rules about members stand side by side under “any of "
            "these”. Make two segments of them, and choose both where you use them."
        )


def split(rule: Rule) -> tuple[Rule | None, Rule | None]:
    """The part about people and the part about the visit; both must hold. None: asks nothing.

    Raises ``MixedVisit`` where they are alternatives.
    """
    if not rule.about_visit:
        return rule, None
    if not isinstance(rule, Group) or all(_is_pure(child) for child in rule.rules):
        return None, rule
    children = _spread(rule)
    people = tuple(child for child in children if not child.about_visit)
    visit = tuple(child for child in children if child.about_visit)
    return _group(people), _group(visit)


def _is_pure(rule: Rule) -> bool:
    if isinstance(rule, Group):
        return bool(rule.rules) and all(_is_pure(child) for child in rule.rules)
    return rule.about_visit


def _spread(rule: Rule) -> Sequence[Rule]:
    """Rules that hold together exactly when ``rule`` does, each about one of the two."""
    if not rule.about_visit or _is_pure(rule) or not isinstance(rule, Group):
        return [rule]
    if rule.match == "all" or len(rule.rules) == 1 and rule.match == "any":
        return [part for child in rule.rules for part in _spread(child)]
    if rule.match == "none":
        return [part for child in rule.rules for part in _spread_negated(child)]
    raise MixedVisit


def _spread_negated(rule: Rule) -> Sequence[Rule]:
    """Rules that hold together exactly when ``rule`` does not."""
    if not rule.about_visit or _is_pure(rule) or not isinstance(rule, Group):
        return [Group("none", (rule,))]
    if rule.match == "any" or len(rule.rules) == 1 and rule.match == "all":
        return [part for child in rule.rules for part in _spread_negated(child)]
    if rule.match == "none" and len(rule.rules) == 1:
        return _spread(rule.rules[0])
    raise MixedVisit


def _group(rules: tuple[Rule, ...]) -> Rule | None:
    return Group("all", rules) if rules else None


def asks_only_of_visit(rule: Rule) -> bool:
    """Whether nothing is asked of people, so that there is no list of members."""
    return rule.about_visit and not mixed_problem(rule) and split(rule)[0] is None


def mixed_problem(rule: Rule) -> str:
    """Why the two parts of a segment's rules cannot be taken apart; "" when they can."""
    try:
        split(rule)
    except MixedVisit as error:
        return str(error)
    return ""
