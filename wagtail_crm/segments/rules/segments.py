"""The rule that refers to another segment."""

from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils.translation import gettext

from wagtail_crm.segments.models import Membership, segment_field

from .base import Dependencies, Rule, Scope, WordedRule
from .person import Person
from .words import Clause, Ending


@dataclass(frozen=True)
class InSegment(WordedRule):
    """Is in another segment, as it was counted last."""

    segment_id: int
    name: str
    negated: bool = False

    def condition(self, scope: Scope) -> Q:
        members = scope.only(Membership.objects.filter(segment=self.segment_id))
        is_in = Q(pk__in=members.values("member"))
        return ~is_in if self.negated else is_in

    def holds(self, person: Person) -> bool:
        return (self.segment_id in person.facts["segment"]) is not self.negated

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({segment_field(self.segment_id)}))

    def negation(self) -> Rule:
        return replace(self, negated=not self.negated)

    def clause(self) -> Clause:
        if self.negated:
            text = gettext("who are not in the segment “%(segment)s”")
            return Clause(text % {"segment": self.name}, Ending.NOT_DOING)
        text = gettext("who are in the segment “%(segment)s”")
        return Clause(text % {"segment": self.name}, Ending.DOING)
