"""What rules may know of one person: plain facts, loaded for many people at once.

A rule says what it reads (:class:`Reads`), ``segments.people`` loads that for everybody who is
asked about, and :meth:`Rule.holds` answers from it without a query.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from uuid import UUID, uuid4

from django.utils import timezone

from wagtail_crm.registry import Registry

if TYPE_CHECKING:
    from .windows import Window


def site_today(now: datetime.datetime | None = None) -> datetime.date:
    """The day where the site is, whatever zone the present request has activated."""
    return timezone.localdate(now, timezone=timezone.get_default_timezone())


@dataclass(frozen=True)
class Look:
    """Of which days, and on which pages and those below them; anywhere, if it names no page."""

    window: "Window"
    pages: frozenset[int] = frozenset()

    def __or__(self, other: "Look") -> "Look":
        pages = self.pages | other.pages if self.pages and other.pages else frozenset()
        return Look(self.window | other.window, pages)


@dataclass(frozen=True)
class Reads:
    """What a rule looks at: daily totals and raw events of kinds, contributed facts, pages.

    ``totals`` and ``events`` say when and where, kind by kind. ``facts`` are slugs of
    :data:`person_facts`. ``pages`` are those whose place in the tree matters; ``of_pages`` is
    what else of pages does: "type.12", "language.ja", "tag.warm".
    """

    totals: Mapping[str, Look] = field(default_factory=dict)
    events: Mapping[str, Look] = field(default_factory=dict)
    facts: frozenset[str] = frozenset()
    pages: frozenset[int] = frozenset()
    of_pages: frozenset[str] = frozenset()

    def __or__(self, other: "Reads") -> "Reads":
        return Reads(
            _together(self.totals, other.totals),
            _together(self.events, other.events),
            self.facts | other.facts,
            self.pages | other.pages,
            self.of_pages | other.of_pages,
        )

    @property
    def looks(self) -> tuple[Look, ...]:
        return *self.totals.values(), *self.events.values()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of which it looks at totals or events."""
        return frozenset([*self.totals, *self.events])

    @property
    def cost(self) -> int:
        """For comparing: 0 when it looks at fields only, more with facts, most with deeds."""
        return 2 if self.kinds else bool(self.facts)


def _together(some: Mapping[str, Look], others: Mapping[str, Look]) -> Mapping[str, Look]:
    both = {kind: some[kind] | others[kind] for kind in some.keys() & others.keys()}
    return {**some, **others, **both}


class NotLoaded(LookupError):
    """A rule was asked before what it looks at had been loaded."""


class Loaded(dict[str, Any]):
    """Facts by slug, or deeds by kind, as far as they were loaded; else :class:`NotLoaded`."""

    def __missing__(self, name: str) -> NoReturn:
        raise NotLoaded(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Raises :class:`NotLoaded`, where other mappings would give the default."""
        return self[name]


class Total(NamedTuple):
    """How often, and for how much, one thing was done on one day (of the site's time zone)."""

    page_id: int
    subject: str
    day: datetime.date
    times: int
    value: Decimal


class Deed(NamedTuple):
    """One event of the log, for rules that look at its data."""

    id: UUID
    at: datetime.datetime
    page_id: int
    subject: str
    value: Decimal | None
    data: Mapping[str, Any]


class PageFacts(NamedTuple):
    """What rules may ask of a page."""

    path: str
    type_id: int = 0
    language: str = ""
    tags: frozenset[str] = frozenset()

    @property
    def traits(self) -> frozenset[str]:
        """As in ``Reads.of_pages``."""
        tags = (f"tag.{name}" for name in self.tags)
        return frozenset({f"type.{self.type_id}", f"language.{self.language}", *tags})


class PageTree:
    """Some pages and where they are; looked up once for all the people of a batch."""

    def __init__(self, pages: Mapping[int, PageFacts] | None = None) -> None:
        self._pages = dict(pages or {})
        self._found: dict[Hashable, frozenset[int]] = {}

    def below(self, named: tuple[int, ...]) -> frozenset[int]:
        """The pages of ``named`` and those under them, as far as anybody was there."""
        tops = tuple(self._pages[pk].path for pk in named if pk in self._pages)
        return self.where(("below", named), lambda page: bool(tops) and page.path.startswith(tops))

    def where(self, key: Hashable, holds: Callable[[PageFacts], bool]) -> frozenset[int]:
        """The pages for which it holds; asked once for each ``key``."""
        if key not in self._found:
            found = (pk for pk, page in self._pages.items() if holds(page))
            self._found[key] = frozenset(found)
        return self._found[key]


class UnknownTree(PageTree):
    """The pages of people of whom it is not loaded yet where they were."""

    def below(self, named: tuple[int, ...]) -> NoReturn:
        raise NotLoaded("pages")

    def where(self, key: Hashable, holds: Callable[[PageFacts], bool]) -> NoReturn:
        raise NotLoaded("pages")


@dataclass
class Person:
    """One person at one moment, as far as the rules that are asked read of them.

    ``totals`` and ``events`` are by kind; ``facts`` by slug, see :class:`PersonFact`. ``visit``
    is a ``rules.visit.Visit`` while a page is made for them. A browser without an account is a
    person as well, with the ``pk`` 0 and an empty status.
    """

    pk: int
    now: datetime.datetime
    uuid: UUID = field(default_factory=uuid4)
    status: str = ""
    language: str = ""
    time_zone: str = ""
    registered_at: datetime.datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    totals: Mapping[str, Sequence[Total]] = field(default_factory=dict)
    events: Mapping[str, Sequence[Deed]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    pages: PageTree = field(default_factory=PageTree)
    visit: Any = None
    today: datetime.date = field(default_factory=site_today)
    _by_page: dict[str, Mapping[int, Sequence[Total]]] = field(
        default_factory=dict, init=False, repr=False
    )

    def totals_on(self, kind: str, pages: frozenset[int]) -> Iterator[Total]:
        """The totals of a kind on some pages, without looking at those of other pages."""
        if kind not in self._by_page:
            self._by_page[kind] = _by_page(self.totals.get(kind, ()))
        by_page = self._by_page[kind]
        for page_id in pages & by_page.keys():
            yield from by_page[page_id]

    def first_day(self, days: int) -> datetime.date:
        """The first of the last ``days`` days, today being the last of them."""
        return self.today - datetime.timedelta(days=days - 1)


def _by_page(totals: Iterable[Total]) -> Mapping[int, Sequence[Total]]:
    found: dict[int, list[Total]] = defaultdict(list)
    for total in totals:
        found[total.page_id].append(total)
    return found


@dataclass(frozen=True)
class PersonFact:
    """Something a room knows of members, read by its rules as ``person.facts[slug]``.

    ``load`` takes ids of members and returns the value for each of them, or leaves some out: for
    these, and for browsers without an account, it is what ``nothing()`` makes. A rule that
    depends on the field ``tags``, or on ``survey.12``, reads the fact ``tags`` or ``survey``
    without saying so.
    """

    slug: str
    load: Callable[[Sequence[int]], Mapping[int, Any]]
    nothing: Callable[[], Any]


person_facts: Registry[PersonFact] = Registry("register_crm_person_facts", PersonFact)


def families(fields: Iterable[str]) -> frozenset[str]:
    """``survey`` of ``survey.12``: fields of members without their parts."""
    return frozenset(name.partition(".")[0] for name in fields)
