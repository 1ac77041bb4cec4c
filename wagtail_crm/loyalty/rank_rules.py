"""The segment rule "rank is"."""

import json
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.segments.rules.base import Broken, Dependencies, Rule, Scope, WordedRule
from wagtail_crm.segments.rules.blocks import PickBlock, RuleBlock
from wagtail_crm.segments.rules.person import Person
from wagtail_crm.segments.rules.reading import RuleChoices
from wagtail_crm.segments.rules.words import Clause, Ending
from wagtail_crm.tracking.models import Event

from .kinds import RANK_FIELD, RANK_KIND
from .models import Account, Rank

Comparison = Literal["is", "is_not", "at_least", "below", "any", "none"]

NEGATIONS: dict[Comparison, Comparison] = {"is_not": "is", "below": "at_least", "none": "any"}
OPPOSITES = NEGATIONS | {positive: negative for negative, positive in NEGATIONS.items()}


@dataclass(frozen=True)
class HasRank(WordedRule):
    """Has a rank, that one, or that one or a higher one; or the opposite of that.

    The opposites hold for who has no rank at all, too. ``points`` are those that the named rank
    needs: one is higher than another when it needs more.
    """

    comparison: Comparison
    rank_id: int = 0
    points: int = 0
    name: str = ""

    def condition(self, scope: Scope) -> Q:
        accounts = scope.only(Account.objects.ranked())
        match self._positive:
            case "is":
                accounts = accounts.filter(rank=self.rank_id)
            case "at_least":
                accounts = accounts.filter(rank__points__gte=self.points)
        has = Q(pk__in=accounts.values("member"))
        return ~has if self.comparison in NEGATIONS else has

    @property
    def _positive(self) -> Comparison:
        return NEGATIONS.get(self.comparison, self.comparison)

    def holds(self, person: Person) -> bool:
        held = person.facts[RANK_FIELD]
        if held is None:
            return self.comparison in NEGATIONS
        holds = {
            "is": held.rank_id == self.rank_id,
            "at_least": held.points >= self.points,
            "any": True,
        }
        return holds[self._positive] is not (self.comparison in NEGATIONS)

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({RANK_FIELD}))

    def evidence(self, person: Person) -> QuerySet[Event]:
        return Event.objects.filter(member=person.pk).of_kinds(RANK_KIND).newest_first()

    def negation(self) -> Rule:
        return replace(self, comparison=OPPOSITES[self.comparison])

    def excludes(self, other: Rule) -> bool:
        if not isinstance(other, HasRank) or "is_not" in (self.comparison, other.comparison):
            return self.negation() == other
        (low, high), (other_low, other_high) = self._range, other._range
        return high < other_low or other_high < low

    @property
    def _range(self) -> tuple[float, float]:
        """Of the points that ranks need for which it holds; no rank needs none."""
        return {
            "is": (self.points, self.points),
            "at_least": (self.points, inf),
            "below": (0, self.points - 1),
            "any": (1, inf),
            "none": (0, 0),
        }[self.comparison]

    def clause(self) -> Clause:
        text, ending = {
            "is": (gettext("whose rank is “%(rank)s”"), Ending.BEING),
            "is_not": (gettext("whose rank is not “%(rank)s”"), Ending.NOT_BEING),
            "at_least": (gettext("whose rank is “%(rank)s” or higher"), Ending.BEING),
            "below": (gettext("whose rank is below “%(rank)s”, or who have none"), Ending.BEING),
            "any": (gettext("who have a rank"), Ending.DOING),
            "none": (gettext("who have no rank"), Ending.NOT_DOING),
        }[self.comparison]
        return Clause(text % {"rank": self.name}, ending)


COMPARISONS = [
    ("is", pgettext_lazy("rank", "is")),
    ("at_least", _("is this or a higher one")),
    ("below", _("is below this, or none")),
    ("is_not", pgettext_lazy("rank", "is not")),
    ("any", _("is any: they have one")),
    ("none", _("is none")),
]
UNNAMED = ("any", "none")
# What this rule offers, for the hook.
CHOICES = RuleChoices("ranks", lambda: [Rank.objects.in_use()], ("id", "name", "points"))
NAMED = [slug for slug, _label in COMPARISONS if slug not in UNNAMED]
# The script shows the ranks only where one is named.
SHOWN = json.dumps({"rank": {"comparison": NAMED}})


class RankRuleBlock(RuleBlock):
    slug = "rank"

    comparison = blocks.ChoiceBlock(choices=COMPARISONS, default="at_least", label=_("Rank"))
    rank = PickBlock(
        "wagtail_crm_loyalty.Rank", offers="ranks", required=False, label=_("Which rank")
    )

    def check_fields(self, value: Any) -> None:
        if value["comparison"] in UNNAMED:
            value["rank"] = None
        elif value["rank"] is None:
            raise ValidationError({"rank": _("Choose the rank.")})

    def rule(self, value: Any) -> Rule:
        comparison, rank = value["comparison"], value["rank"]
        if comparison in UNNAMED:
            return HasRank(comparison)
        if rank is None:
            return Broken(gettext("The rank is not chosen, or no longer exists."))
        return HasRank(comparison, rank.pk, rank.points, rank.name)

    class Meta:
        icon = "crm-rank"
        label = _("Rank")
        form_attrs = {
            "data-controller": "crm-rule-fields",
            "data-crm-rule-fields-shown-value": SHOWN,
        }
