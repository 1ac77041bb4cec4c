"""Rules about who members are."""

from dataclasses import dataclass, replace
from typing import Literal

from django.db.models import Q
from django.utils.translation import gettext

from wagtail_crm.members.models import ConsentRecord, Member, TaggedMember

from .base import (
    Dependencies,
    MemberIds,
    Rule,
    Scope,
    WordedRule,
    midnight,
)
from .person import Person, site_today
from .windows import ONE_DAY, Bounds, Period, Window
from .words import Clause, Ending, inside_sentence


@dataclass(frozen=True)
class Tagged(WordedRule):
    """Has a tag."""

    tag_id: int
    name: str
    negated: bool = False

    def condition(self, scope: Scope) -> Q:
        tagged = scope.only(TaggedMember.objects.filter(tag=self.tag_id), "content_object")
        has = Q(pk__in=tagged.values("content_object"))
        return ~has if self.negated else has

    def holds(self, person: Person) -> bool:
        return (self.tag_id in person.facts["tags"]) is not self.negated

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({"tags"}))

    def negation(self) -> Rule:
        return replace(self, negated=not self.negated)

    def clause(self) -> Clause:
        if self.negated:
            text = gettext("who do not have the tag “%(tag)s”")
            return Clause(text % {"tag": self.name}, Ending.NOT_DOING)
        return Clause(gettext("who have the tag “%(tag)s”") % {"tag": self.name}, Ending.DOING)


Answer = Literal["yes", "no", "none"]


@dataclass(frozen=True)
class Consented(WordedRule):
    """Said yes when last asked for a purpose; or no, which includes taking a yes back; or nothing.

    Negated yes: said no, or was never asked. The others are not negated.
    """

    purpose: str
    negated: bool = False
    answer: Answer = "yes"

    def condition(self, scope: Scope) -> Q:
        records = scope.only(ConsentRecord.objects.answering(self.purpose))
        if self.answer == "none":
            return ~Q(pk__in=records.values("member"))
        answered = Q(pk__in=records.filter(granted=self.answer == "yes").values("member"))
        return ~answered if self.negated else answered

    def holds(self, person: Person) -> bool:
        granted = person.facts["consent"].get(self.purpose)
        given = {True: "yes", False: "no", None: "none"}[granted]
        return (given == self.answer) is not self.negated

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({f"consent.{self.purpose}"}))

    def negation(self) -> Rule | None:
        return replace(self, negated=not self.negated) if self.answer == "yes" else None

    def excludes(self, other: Rule) -> bool:
        if not isinstance(other, Consented) or other.purpose != self.purpose:
            return False
        if self.negated or other.negated:
            return self.negation() == other
        return self.answer != other.answer

    def clause(self) -> Clause:
        label = dict(ConsentRecord.Purpose.choices).get(self.purpose, self.purpose)
        purpose = {"purpose": inside_sentence(str(label))}
        if self.answer == "no":
            return Clause(gettext("who said no to %(purpose)s") % purpose, Ending.DOING)
        if self.answer == "none":
            text = gettext("who were never asked about %(purpose)s")
            return Clause(text % purpose, Ending.NOT_DOING)
        if self.negated:
            text = gettext("who have not agreed to %(purpose)s")
            return Clause(text % purpose, Ending.NOT_DOING)
        return Clause(gettext("who agreed to %(purpose)s") % purpose, Ending.DOING)


@dataclass(frozen=True)
class HasStatus(WordedRule):
    """Is registered, or is a prospect: in the list without an account."""

    status: str
    negated: bool = False

    def condition(self, scope: Scope) -> Q:
        has = Q(status=self.status)
        return ~has if self.negated else has

    def holds(self, person: Person) -> bool:
        return (person.status == self.status) is not self.negated

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({"status"}))

    def negation(self) -> Rule:
        return replace(self, negated=not self.negated)

    def excludes(self, other: Rule) -> bool:
        if isinstance(other, HasStatus) and not (self.negated or other.negated):
            return other.status != self.status
        return self.negation() == other

    def clause(self) -> Clause:
        registered = (self.status == Member.Status.REGISTERED) is not self.negated
        if registered:
            return Clause(gettext("who are registered"), Ending.BEING)
        return Clause(gettext("who have no account"), Ending.BEING)


@dataclass(frozen=True)
class Speaks(WordedRule):
    """Reads the site in a language; ``name`` is the language's, for the sentence."""

    language: str
    name: str = ""
    negated: bool = False

    def condition(self, scope: Scope) -> Q:
        speaks = Q(language=self.language)
        return ~speaks if self.negated else speaks

    def holds(self, person: Person) -> bool:
        return (person.language == self.language) is not self.negated

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({"language"}))

    def negation(self) -> Rule:
        return replace(self, negated=not self.negated)

    def excludes(self, other: Rule) -> bool:
        if isinstance(other, Speaks) and not (self.negated or other.negated):
            return other.language != self.language
        return self.negation() == other

    def clause(self) -> Clause:
        if self.negated:
            text = gettext("whose language is not %(language)s")
            return Clause(text % {"language": self.name}, Ending.NOT_BEING)
        return Clause(
            gettext("whose language is %(language)s") % {"language": self.name}, Ending.BEING
        )


@dataclass(frozen=True)
class Registered(WordedRule):
    """Registered on one of the days of a window; prospects never did."""

    window: Window
    negated: bool = False

    def condition(self, scope: Scope) -> Q:
        # Never NULL: prospects did not register at all.
        did = Q(registered_at__isnull=False) & self._between(self.window.bounds(scope.today))
        return ~did if self.negated else did

    def _between(self, bounds: Bounds) -> Q:
        found = Q()
        if bounds.first is not None:
            found &= Q(registered_at__gte=midnight(bounds.first))
        if bounds.last is not None:
            found &= Q(registered_at__lt=midnight(bounds.last + ONE_DAY))
        return found

    def holds(self, person: Person) -> bool:
        if person.registered_at is None:
            return self.negated
        day = site_today(person.registered_at)
        return (day in self.window.bounds(person.today)) is not self.negated

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({"registered_at"}), time=self.window.moves)

    def falling_due(self, period: Period) -> list[MemberIds]:
        crossed = self.window.crossed(period)
        return [
            Member.objects.filter(self._between(bounds)).values_list("pk", flat=True)
            for bounds in crossed
        ]

    def negation(self) -> Rule:
        return replace(self, negated=not self.negated)

    def excludes(self, other: Rule) -> bool:
        if isinstance(other, Registered) and not (self.negated or other.negated):
            return self.window.is_apart_from(other.window)
        return self.negation() == other

    def clause(self) -> Clause:
        if self.negated:
            text, ending = gettext("who did not register %(when)s"), Ending.NOT_DOING
        else:
            text, ending = gettext("who registered %(when)s"), Ending.DOING
        return Clause((text % {"when": self.window.words()}).strip(), ending)
