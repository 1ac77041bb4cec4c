"""The contract of a rule."""

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import Member

from .person import Look, Person, Reads, families, person_facts, site_today
from .windows import ALWAYS, Period
from .words import Clause, Ending

if TYPE_CHECKING:
    from wagtail_crm.tracking.models import Event

NOBODY_AT_ALL = Q(pk__in=())
EVERYBODY = ~NOBODY_AT_ALL

T = TypeVar("T", bound=Model)


def midnight(day: datetime.date) -> datetime.datetime:
    """The beginning of a day where the site is."""
    zone = timezone.get_default_timezone()
    return datetime.datetime.combine(day, datetime.time.min, tzinfo=zone)


@dataclass(frozen=True)
class Scope:
    """For whom, and for which moment, a rule is asked.

    With ``member_ids`` a rule may look only at those members: an incremental refresh then reads
    no more than their own rows. None means everybody. ``today`` is the day where the site is.
    """

    member_ids: tuple[int, ...] | None = None
    now: datetime.datetime = field(default_factory=lambda: timezone.now())

    @property
    def today(self) -> datetime.date:
        return site_today(self.now)

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


@dataclass(frozen=True)
class Interest:
    """Events that can change a rule's answer: of a kind, perhaps only on pages or of a subject.

    ``pages`` are ids; with ``below`` all that is under them as well. Empty: anywhere, about
    anything.
    """

    kind: str
    pages: frozenset[int] = frozenset()
    below: bool = False
    subject: str = ""


class Detail(NamedTuple):
    """A name in the data of the events of a kind; of what is inside another, the outermost."""

    kind: str
    name: str


MemberIds = QuerySet[Any, Any]


class Rule(ABC):
    """One condition on members. Subclasses are frozen dataclasses: equal rules are equal.

    It answers in two ways that must agree: for everybody at once, in SQL (:meth:`condition`),
    and for one person in Python (:meth:`holds`). The first counts a segment anew, the second
    keeps it up to date and says why somebody is in it.
    """

    # Whether only the database can answer, e.g. because it compares letters in a way of its own.
    only_in_sql = False
    # Whether it is about the visit rather than about the person; see :mod:`.visit`.
    about_visit = False

    @abstractmethod
    def condition(self, scope: Scope) -> Q:
        """The members for whom it holds, as a condition on ``Member``.

        It must be true or false for every member, never NULL, so that groups can negate it.
        Query other tables through ``scope.only(rows)``, so that few members cost little.
        """

    @abstractmethod
    def holds(self, person: Person) -> bool:
        """Whether it holds for one person, of whom is loaded what :meth:`reads` names."""

    @abstractmethod
    def dependencies(self) -> Dependencies: ...

    def reads(self) -> Reads:
        """What :meth:`holds` looks at; by default the facts that go with its dependencies."""
        facts = families(self.dependencies().fields) & frozenset(person_facts)
        totals = dict.fromkeys(self.dependencies().kinds, Look(ALWAYS))
        return Reads(totals=totals, facts=facts)

    def details(self) -> frozenset[Detail]:
        """What it compares in the data of events."""
        return frozenset()

    def interests(self) -> frozenset[Interest]:
        """Which events can change its answer; fewer of them make a refresh cheaper."""
        return frozenset(Interest(kind) for kind in self.dependencies().kinds)

    def falling_due(self, period: Period) -> Sequence[MemberIds]:
        """Members whose answer may have changed because this time passed, and nothing else.

        As querysets of one column, each answered by an index. Too many do no harm, too few do;
        everybody, if a rule that depends on time does not say.
        """
        if not self.dependencies().time:
            return []
        return [Member.objects.present().values_list("pk", flat=True)]

    def evidence(self, person: Person) -> "QuerySet[Event] | None":
        """The events that speak for it, newest first; None where it is not about events."""
        return None

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

    def holds(self, person: Person) -> bool:
        return False

    def dependencies(self) -> Dependencies:
        return Dependencies()

    def clause(self) -> Clause:
        text = gettext("who match a rule that no longer works (%(reason)s)")
        return Clause(text % {"reason": self.reason.rstrip(".。")}, Ending.DOING)

    def problems(self) -> list[str]:
        return [self.reason]
