"""The segment rule "has points"."""

from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.segments.rules.base import EVERYBODY, Dependencies, Rule, Scope, WordedRule
from wagtail_crm.segments.rules.blocks import RuleBlock
from wagtail_crm.segments.rules.person import Person
from wagtail_crm.segments.rules.words import Clause, Ending
from wagtail_crm.tracking.models import Event

from .kinds import POINTS_KIND
from .models import Account


@dataclass(frozen=True)
class HasPoints(WordedRule):
    """Has at least or at most so many points now; who never got any has 0."""

    comparison: Literal["at_least", "at_most"]
    points: int

    def condition(self, scope: Scope) -> Q:
        accounts = scope.only(Account.objects.filter(member__isnull=False))
        if self.comparison == "at_most":
            return ~Q(pk__in=accounts.filter(balance__gt=self.points).values("member"))
        if self.points <= 0:
            return EVERYBODY  # a balance is never negative
        return Q(pk__in=accounts.filter(balance__gte=self.points).values("member"))

    def holds(self, person: Person) -> bool:
        points = person.facts[POINTS_KIND]
        return points <= self.points if self.comparison == "at_most" else points >= self.points

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({POINTS_KIND}))

    def evidence(self, person: Person) -> QuerySet[Event]:
        return Event.objects.filter(member=person.pk).of_kinds(POINTS_KIND).newest_first()

    def excludes(self, other: Rule) -> bool:
        if not isinstance(other, HasPoints) or other.comparison == self.comparison:
            return False
        least, most = (self, other) if self.comparison == "at_least" else (other, self)
        return least.points > most.points

    def clause(self) -> Clause:
        words = {"points": number_format(self.points, force_grouping=True)}
        if self.comparison == "at_most":
            return Clause(gettext("who have at most %(points)s points") % words, Ending.BEING)
        return Clause(gettext("who have at least %(points)s points") % words, Ending.BEING)


class PointsRuleBlock(RuleBlock):
    slug = "points"

    comparison = blocks.ChoiceBlock(
        choices=[("at_least", _("at least")), ("at_most", _("at most"))],
        default="at_least",
        label=_("Has"),
    )
    points = blocks.IntegerBlock(min_value=0, default=100, label=_("points"))

    def rule(self, value: Any) -> Rule:
        return HasPoints(value["comparison"], value["points"])

    class Meta:
        icon = "crm-points"
        label = _("Points")
