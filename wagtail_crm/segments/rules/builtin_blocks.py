"""The rules that every site has, as editors fill them in."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language_info, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.chooser_blocks import CrmChooserBlock
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.tracking.kinds import event_kinds

from . import attribute_values
from .attributes import AttributeRule
from .base import Broken, Rule
from .behaviour import Did, NamedPage
from .blocks import COMBINE, WHO_THEY_ARE, PickBlock, RuleBlock
from .people import Consented, HasStatus, Registered, Speaks, Tagged
from .segments import InSegment

LONGEST = 36_500  # a hundred years of days

LONGEST_VALUE = 2_000

AT_LEAST = [("at_least", _("at least")), ("at_most", _("at most"))]


def kind_choices() -> list[tuple[str, Any]]:
    return [(slug, kind.label) for slug, kind in event_kinds.items() if kind.countable]


def days_block() -> blocks.IntegerBlock:
    return blocks.IntegerBlock(
        min_value=1,
        max_value=LONGEST,
        required=False,
        label=_("In the last … days (empty: ever)"),
    )


class PlacedRuleBlock(RuleBlock):
    """A rule about what was done on some pages."""

    # One empty chooser to begin with: a click less. Empty ones are left out when saving.
    pages = blocks.ListBlock(
        blocks.PageChooserBlock(required=False, label=_("Page")),
        default=[None],
        min_num=0,
        label=_("On these pages"),
        help_text=_("None chosen: anywhere."),
    )
    below = blocks.BooleanBlock(
        required=False, default=True, label=_("and on every page below them")
    )

    def rule(self, value: Any) -> Rule:
        if None in value["pages"]:
            return Broken(gettext("A page that this rule names no longer exists."))
        pages = tuple(NamedPage(page.pk, page.title) for page in value["pages"])
        return self.placed_rule(value, pages)

    def placed_rule(self, value: Any, pages: tuple[NamedPage, ...]) -> Rule:
        raise NotImplementedError

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        chosen = [page for page in cleaned["pages"] if page is not None]
        cleaned["pages"] = self.child_blocks["pages"].normalize(chosen)
        return cleaned


class BehaviourRuleBlock(PlacedRuleBlock):
    slug = "behaviour"

    kind = blocks.ChoiceBlock(choices=kind_choices, default="page_view", label=_("What they did"))
    comparison = blocks.ChoiceBlock(choices=AT_LEAST, default="at_least", label=_("How often"))
    times = blocks.IntegerBlock(min_value=0, default=1, label=_("Times"))
    days = days_block()
    subject = blocks.CharBlock(
        required=False,
        max_length=120,
        label=_("Only about"),
        help_text=_("The code of an article, for example sku:P08. Empty: anything."),
    )

    def placed_rule(self, value: Any, pages: tuple[NamedPage, ...]) -> Rule:
        return Did(
            kind=value["kind"],
            comparison=value["comparison"],
            amount=value["times"] or 0,
            days=value["days"],
            pages=pages,
            below=value["below"],
            subject=value["subject"] or "",
        )

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        never = cleaned["comparison"] == "at_least" and cleaned["times"] == 0
        if never and not self.is_deferred_validation:
            raise blocks.StructBlockValidationError({"times": ValidationError(_everybody())})
        return cleaned

    class Meta:
        icon = "view"
        label = _("Behaviour")
        form_layout = blocks.BlockGroup(
            ["kind", "comparison", "times", "days", "pages", "below"], settings=["subject"]
        )


def _everybody() -> str:
    return gettext("“At least 0 times” is true of everybody: type 1 or more, or choose “at most”.")


class PurchaseRuleBlock(PlacedRuleBlock):
    slug = "purchase"

    measure = blocks.ChoiceBlock(
        choices=[("times", _("How often they bought")), ("value", _("For how much, in total"))],
        default="times",
        label=_("What counts"),
    )
    comparison = blocks.ChoiceBlock(choices=AT_LEAST, default="at_least", label=_("Comparison"))
    amount = blocks.DecimalBlock(
        min_value=0, max_digits=14, decimal_places=2, default=1, label=_("Times or amount")
    )
    days = days_block()

    def placed_rule(self, value: Any, pages: tuple[NamedPage, ...]) -> Rule:
        return Did(
            kind="purchase",
            comparison=value["comparison"],
            amount=value["amount"] or 0,
            measure=value["measure"],
            days=value["days"],
            pages=pages,
            below=value["below"],
        )

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        amount = cleaned["amount"]
        if self.is_deferred_validation:
            return cleaned
        if cleaned["measure"] == "times" and amount != int(amount):
            message = gettext("Write a whole number of times.")
            raise blocks.StructBlockValidationError({"amount": ValidationError(message)})
        if cleaned["comparison"] == "at_least" and amount == 0:
            message = gettext("“At least 0” is true of everybody: type more, or choose “at most”.")
            raise blocks.StructBlockValidationError({"amount": ValidationError(message)})
        return cleaned

    class Meta:
        icon = "tag"
        label = _("Purchases")
        form_layout = blocks.BlockGroup(
            ["measure", "comparison", "amount", "days"], settings=["pages", "below"]
        )


class AttributeSelect(forms.Select):
    """Tells the script of the editor, on each option, which comparisons and values fit it."""

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        definition = getattr(option["value"], "instance", None)
        if definition is not None:
            comparisons = attribute_values.comparisons_of(definition.type)
            option["attrs"] |= {
                "data-type": definition.type,
                "data-comparisons": " ".join(comparisons),
                "data-choices": json.dumps(definition.choice_pairs),
            }
        return option


class AttributePickBlock(PickBlock):
    widget = AttributeSelect()


class AttributeRuleBlock(RuleBlock):
    slug = "attribute"

    attribute = AttributePickBlock(
        "wagtail_crm_members.AttributeDefinition", by="key", label=_("Attribute")
    )
    comparison = blocks.ChoiceBlock(
        choices=attribute_values.CHOICES, default="is", label=_("Comparison")
    )
    value = blocks.CharBlock(
        required=False,
        max_length=LONGEST_VALUE,
        label=_("Value"),
        help_text=_("Several values: separate them with commas."),
    )
    upper = blocks.CharBlock(
        required=False, max_length=LONGEST_VALUE, label=pgettext_lazy("end of a range", "and")
    )

    def rule(self, value: Any) -> Rule:
        if value["attribute"] is None:
            return Broken(gettext("The attribute is not chosen, or no longer exists."))
        try:
            return self._parsed(value)
        except ValidationError as error:
            return Broken(" ".join(error.messages))

    def _parsed(self, value: Any) -> AttributeRule:
        return attribute_values.attribute_rule(
            value["attribute"], value["comparison"], value["value"] or "", value["upper"] or ""
        )

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if self.is_deferred_validation:  # a draft may be half a thought
            return cleaned
        try:
            rule = self._parsed(cleaned)
        except ValidationError as error:
            raise blocks.StructBlockValidationError(
                {name: ValidationError(messages) for name, messages in error.message_dict.items()}
            ) from error
        is_range = rule.comparison == "between"
        cleaned["value"] = attribute_values.as_text(rule.values[:1] if is_range else rule.values)
        cleaned["upper"] = attribute_values.as_text(rule.values[1:]) if is_range else ""
        return cleaned

    class Meta:
        icon = "list-ul"
        label = _("Attribute")
        group = WHO_THEY_ARE
        form_classname = "struct-block crm-rule crm-rule--row"
        form_attrs = {
            "data-controller": "crm-attribute-rule",
            "data-yes": _("Yes"),
            "data-no": _("No"),
        }


HAS = [("has", _("have")), ("has_not", _("do not have"))]


class TagRuleBlock(RuleBlock):
    slug = "tag"

    has = blocks.ChoiceBlock(choices=HAS, default="has", label=_("Members who"))
    tag = PickBlock("wagtail_crm_members.MemberTag", label=_("Tag"))

    def rule(self, value: Any) -> Rule:
        tag = value["tag"]
        if tag is None:
            return Broken(gettext("The tag is not chosen, or no longer exists."))
        return Tagged(tag.pk, tag.name, negated=value["has"] == "has_not")

    class Meta:
        icon = "tag"
        label = _("Tag")
        group = WHO_THEY_ARE
        form_classname = "struct-block crm-rule crm-rule--row"


class ConsentRuleBlock(RuleBlock):
    slug = "consent"

    agreed = blocks.ChoiceBlock(
        choices=[("agreed", _("agreed")), ("not_agreed", _("have not agreed"))],
        default="agreed",
        label=_("Members who"),
    )
    purpose = blocks.ChoiceBlock(
        choices=ConsentRecord.Purpose.choices, default="email", label=_("Purpose")
    )

    def rule(self, value: Any) -> Rule:
        return Consented(value["purpose"], negated=value["agreed"] == "not_agreed")

    class Meta:
        icon = "check"
        label = _("Consent")
        group = WHO_THEY_ARE
        form_classname = "struct-block crm-rule crm-rule--row"


class StatusRuleBlock(RuleBlock):
    slug = "status"

    status = blocks.ChoiceBlock(
        choices=[
            (Member.Status.REGISTERED, _("are registered")),
            (Member.Status.PROSPECT, _("have no account")),
        ],
        default=Member.Status.REGISTERED,
        label=_("Members who"),
    )

    def rule(self, value: Any) -> Rule:
        return HasStatus(value["status"])

    class Meta:
        icon = "user"
        label = _("Status")
        group = WHO_THEY_ARE


def language_choices() -> list[tuple[str, Any]]:
    return [(code, _language_name(code, name)) for code, name in settings.LANGUAGES]


def _language_name(code: str, name: Any) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return str(name)


class LanguageRuleBlock(RuleBlock):
    slug = "language"

    comparison = blocks.ChoiceBlock(
        choices=attribute_values.CHOICES[:2], default="is", label=_("Language")
    )
    language = blocks.ChoiceBlock(choices=language_choices, label=_("Which language"))

    def rule(self, value: Any) -> Rule:
        name = dict(language_choices()).get(value["language"], value["language"])
        return Speaks(value["language"] or "", name, negated=value["comparison"] == "is_not")

    class Meta:
        icon = "globe"
        label = _("Language")
        group = WHO_THEY_ARE
        form_classname = "struct-block crm-rule crm-rule--row"


class RegisteredRuleBlock(RuleBlock):
    slug = "registered"

    when = blocks.ChoiceBlock(
        choices=[("within", _("within the last … days")), ("before", _("at least … days ago"))],
        default="within",
        label=_("They registered"),
    )
    days = blocks.IntegerBlock(min_value=1, max_value=LONGEST, default=30, label=_("Days"))

    def rule(self, value: Any) -> Rule:
        if not value["days"]:
            return Broken(gettext("Write a number of days."))
        return Registered(value["when"], value["days"])

    class Meta:
        icon = "date"
        label = _("Registration")
        group = WHO_THEY_ARE
        form_classname = "struct-block crm-rule crm-rule--row"


class SegmentRuleBlock(RuleBlock):
    slug = "segment"

    membership = blocks.ChoiceBlock(
        choices=[("in", _("are in")), ("not_in", _("are not in"))],
        default="in",
        label=_("Members who"),
    )
    segment = CrmChooserBlock("wagtail_crm_segments.Segment", label=_("Segment"))

    def rule(self, value: Any) -> Rule:
        segment = value["segment"]
        if segment is None:
            return Broken(gettext("The segment is not chosen, or no longer exists."))
        if not segment.live:
            text = gettext("The segment “%(segment)s” is not published, so it has no members.")
            return Broken(text % {"segment": segment.name})
        return InSegment(segment.pk, segment.name, negated=value["membership"] == "not_in")

    class Meta:
        icon = "group"
        label = _("Another segment")
        group = COMBINE
        form_classname = "struct-block crm-rule crm-rule--row"


BLOCKS = [
    BehaviourRuleBlock,
    PurchaseRuleBlock,
    AttributeRuleBlock,
    TagRuleBlock,
    ConsentRuleBlock,
    StatusRuleBlock,
    LanguageRuleBlock,
    RegisteredRuleBlock,
    SegmentRuleBlock,
]
