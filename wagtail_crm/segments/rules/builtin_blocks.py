"""The rules that every site has, as editors fill them in."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.members.models import AttributeDefinition
from wagtail_crm.tracking.kinds import event_kinds

from .attributes import AttributeIs
from .base import Broken, Rule
from .behaviour import Did
from .blocks import RuleBlock


def kind_choices() -> list[tuple[str, Any]]:
    return [(slug, kind.label) for slug, kind in event_kinds.items() if kind.countable]


class BehaviourRuleBlock(RuleBlock):
    slug = "behaviour"

    kind = blocks.ChoiceBlock(choices=kind_choices, default="page_view", label=_("Did"))
    pages = blocks.ListBlock(
        blocks.PageChooserBlock(label=_("Page")), default=[], min_num=0, label=_("On these pages")
    )
    below = blocks.BooleanBlock(required=False, default=True, label=_("and everything below them"))
    comparison = blocks.ChoiceBlock(
        choices=[("at_least", _("at least")), ("at_most", _("at most"))],
        default="at_least",
        label=_("How often"),
    )
    times = blocks.IntegerBlock(min_value=0, default=1, label=_("times"))
    days = blocks.IntegerBlock(
        min_value=1, required=False, label=_("in the last … days"), help_text=_("Empty: ever.")
    )

    def rule(self, value: Any) -> Rule:
        if None in value["pages"]:
            return Broken(gettext("who viewed a page that no longer exists"))
        return Did(
            kind=value["kind"],
            comparison=value["comparison"],
            times=value["times"],
            days=value["days"],
            pages=tuple(page.pk for page in value["pages"]),
            below=value["below"],
        )

    class Meta:
        icon = "view"
        label = _("Behaviour")


def attribute_choices() -> list[tuple[str, str]]:
    return [(definition.key, str(definition)) for definition in AttributeDefinition.objects.all()]


class AttributeRuleBlock(RuleBlock):
    slug = "attribute"

    attribute = blocks.ChoiceBlock(choices=attribute_choices, label=_("Attribute"))
    comparison = blocks.ChoiceBlock(
        choices=[("is", _("is")), ("is_not", _("is not"))], default="is", label=_("Comparison")
    )
    value = blocks.CharBlock(label=_("Value"))

    def rule(self, value: Any) -> Rule:
        return AttributeIs(
            value["attribute"], (value["value"],), negated=value["comparison"] == "is_not"
        )

    class Meta:
        icon = "list-ul"
        label = _("Attribute")


BLOCKS = [BehaviourRuleBlock, AttributeRuleBlock]
