"""The rules that every site has, as editors fill them in."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.members.models import AttributeDefinition, ConsentRecord, Member, MemberTag

from . import attribute_values
from .base import Broken, Rule
from .behaviour_blocks import BehaviourRuleBlock
from .blocks import COMBINE, WHO_THEY_ARE, PickBlock, RuleBlock
from .languages import language_choices
from .named_blocks import NamedChooserBlock
from .page_tags import tags_on_pages
from .people import Answer, Consented, HasStatus, Registered, Speaks, Tagged
from .purchase_blocks import PurchaseRuleBlock
from .reading import RuleChoices
from .segments import InSegment
from .shares import PARTS, InShare
from .visit_blocks import VISIT_BLOCKS
from .window_blocks import LAST, window_of
from .windows import Window

LONGEST_VALUE = 2_000


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
        "wagtail_crm_members.AttributeDefinition",
        offers="attributes",
        by="key",
        label=_("Attribute"),
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
            return attribute_values.attribute_rule(*self._typed(value))
        except ValidationError as error:
            return Broken(" ".join(error.messages))

    def _typed(self, value: Any) -> tuple[Any, str, str, str]:
        return value["attribute"], value["comparison"], value["value"] or "", value["upper"] or ""

    def check_fields(self, value: Any) -> None:
        values = attribute_values.parse_values(*self._typed(value))
        is_range = value["comparison"] == attribute_values.BETWEEN
        value["value"] = attribute_values.as_text(values[:1] if is_range else values)
        value["upper"] = attribute_values.as_text(values[1:]) if is_range else ""

    class Meta:
        icon = "list-ul"
        label = _("Attribute")
        group = WHO_THEY_ARE
        form_classname = "struct-block crm-rule crm-rule--row"
        form_attrs = {
            "data-controller": "crm-attribute-rule",
            "data-words": attribute_values.words_by_type,
            "data-yes": _("Yes"),
            "data-no": _("No"),
            "data-days": _("Days (1: only today)"),
        }


HAS = [("has", _("have")), ("has_not", _("do not have"))]


class TagRuleBlock(RuleBlock):
    slug = "tag"

    has = blocks.ChoiceBlock(choices=HAS, default="has", label=_("Members who"))
    tag = PickBlock("wagtail_crm_members.MemberTag", offers="member_tags", label=_("Tag"))

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
        choices=[
            ("agreed", _("agreed")),
            ("not_agreed", _("said no or were not asked")),
            ("refused", _("said no, or withdrew")),
            ("not_asked", _("were never asked")),
        ],
        default="agreed",
        label=_("Members who"),
    )
    purpose = blocks.ChoiceBlock(
        choices=ConsentRecord.Purpose.choices, default="email", label=_("Purpose")
    )

    def rule(self, value: Any) -> Rule:
        answers: dict[str, Answer] = {"refused": "no", "not_asked": "none"}
        negated = value["agreed"] == "not_agreed"
        return Consented(value["purpose"], negated, answers.get(value["agreed"], "yes"))

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
        help_text=_("Members who left are in no segment, so that nothing reaches them."),
    )

    def rule(self, value: Any) -> Rule:
        return HasStatus(value["status"])

    class Meta:
        icon = "user"
        label = _("Status")
        group = WHO_THEY_ARE


class LanguageRuleBlock(RuleBlock):
    slug = "language"

    comparison = blocks.ChoiceBlock(
        choices=attribute_values.CHOICES[:2], default="is", label=_("Language")
    )
    language = blocks.ChoiceBlock(choices=language_choices, label=_("Which language"))

    def rule(self, value: Any) -> Rule:
        if not value["language"]:
            return Broken(gettext("No language is chosen."))
        name = dict(language_choices()).get(value["language"], value["language"])
        return Speaks(value["language"], name, negated=value["comparison"] == "is_not")

    class Meta:
        icon = "globe"
        label = _("Language")
        group = WHO_THEY_ARE
        form_classname = "struct-block crm-rule crm-rule--row"


class RegisteredRuleBlock(RuleBlock):
    slug = "registered"

    when = blocks.ChoiceBlock(
        choices=[
            ("within", _("within the last … days")),
            ("before", _("at least … days ago")),
            ("dates", _("between two dates")),
        ],
        default="within",
        label=_("They registered"),
    )
    days = blocks.IntegerBlock(
        min_value=1, max_value=attribute_values.LONGEST, required=False, default=30, label=_("Days")
    )
    first_day = blocks.DateBlock(required=False, label=pgettext_lazy("rule", "From"))
    last_day = blocks.DateBlock(required=False, label=_("Until"))

    def rule(self, value: Any) -> Rule:
        try:
            return Registered(self._window_of(value))
        except ValidationError as error:
            return Broken(" ".join(error.messages))

    def _window_of(self, value: Any) -> Window:
        window = {"within": LAST}.get(value["when"], value["when"])
        return window_of({**value, "window": window, "days_to": None})

    def check_fields(self, value: Any) -> None:
        self._window_of(value)

    class Meta:
        icon = "date"
        label = _("Registration")
        group = WHO_THEY_ARE
        form_classname = "struct-block crm-rule crm-rule--row"
        form_attrs = {
            "data-controller": "crm-rule-fields",
            "data-crm-rule-fields-shown-value": json.dumps(
                {
                    "days": {"when": ["within", "before"]},
                    "first_day": {"when": ["dates"]},
                    "last_day": {"when": ["dates"]},
                }
            ),
        }


class ShareRuleBlock(RuleBlock):
    slug = "share"

    membership = blocks.ChoiceBlock(
        choices=[("in", _("are in")), ("not_in", _("are not in"))],
        default="in",
        label=_("Members who"),
    )
    first = blocks.IntegerBlock(
        min_value=1, max_value=PARTS, default=1, label=_("From part … of 100")
    )
    last = blocks.IntegerBlock(
        min_value=1, max_value=PARTS, default=10, label=_("to part … of 100")
    )
    draw = blocks.CharBlock(
        required=False,
        max_length=60,
        label=_("Drawn for"),
        help_text=_(
            "Each name is a draw of its own, and the same name always draws the same people. "
            "Shares of one draw that do not overlap have nobody in common."
        ),
    )

    def rule(self, value: Any) -> Rule:
        first, last = value["first"] or 0, value["last"] or 0
        if not 1 <= first <= last <= PARTS:
            return Broken(_backwards())
        negated = value["membership"] == "not_in"
        return InShare(first, last, (value["draw"] or "").strip(), negated=negated)

    def check_fields(self, value: Any) -> None:
        if value["first"] > value["last"]:
            raise ValidationError({"last": _backwards()})

    class Meta:
        icon = "decimal"
        label = _("Random share")
        group = WHO_THEY_ARE
        form_layout = blocks.BlockGroup(["membership", "first", "last"], settings=["draw"])
        form_attrs = {"data-controller": "crm-rule-fields"}


def _backwards() -> str:
    return gettext("The share ends before it begins: from 1 to 10 are ten in a hundred.")


class SegmentRuleBlock(RuleBlock):
    slug = "segment"

    membership = blocks.ChoiceBlock(
        choices=[("in", _("are in")), ("not_in", _("are not in"))],
        default="in",
        label=_("Members who"),
    )
    segment = NamedChooserBlock("wagtail_crm_segments.Segment", label=_("Segment"))

    def rule(self, value: Any) -> Rule:
        segment = value["segment"]
        if segment is None:
            return Broken(gettext("The segment is not chosen, or no longer exists."))
        if not segment.live:
            text = gettext("The segment “%(segment)s” is not published, so it has no members.")
            return Broken(text % {"segment": segment.name})
        if segment.about_visit:
            text = gettext(
                "The segment “%(segment)s” asks about the visit: it has no fixed members."
            )
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
    ShareRuleBlock,
    SegmentRuleBlock,
    *VISIT_BLOCKS,
]

CHOICES = [
    RuleChoices(
        "attributes",
        lambda: [AttributeDefinition.objects.all()],
        ("id", "key", "label", "translations", "type", "choices", "sort_order"),
    ),
    RuleChoices("member_tags", lambda: [MemberTag.objects.all()], ("id", "name")),
    RuleChoices("page_tags", tags_on_pages, ("name",)),
]
