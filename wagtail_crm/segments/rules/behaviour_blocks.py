"""Rules about what members did, as editors fill them in."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.tracking.kinds import event_kinds

from .behaviour import Did
from .deed_blocks import (
    COUNTED,
    HOW_OFTEN,
    NUMBERED,
    DeedRuleBlock,
    amount_of,
    check_amount,
    shown_when,
)
from .places import Place
from .property_blocks import PropertyBlock, properties_of
from .windows import Window

TIMES, ON_DAYS = ("times", _("times")), ("days", _("different days"))


def kind_choices() -> list[tuple[str, Any]]:
    return [(slug, kind.label) for slug, kind in event_kinds.items() if kind.countable]


def amount_block(label: Any) -> blocks.DecimalBlock:
    return blocks.DecimalBlock(
        min_value=0, max_digits=14, decimal_places=2, required=False, default=1, label=label
    )


class BehaviourRuleBlock(DeedRuleBlock):
    slug = "behaviour"

    kind = blocks.ChoiceBlock(choices=kind_choices, default="page_view", label=_("What they did"))
    comparison = blocks.ChoiceBlock(choices=HOW_OFTEN, default="at_least", label=_("How often"))
    times = amount_block(pgettext_lazy("rule", "Number"))
    measure = blocks.ChoiceBlock(
        choices=[TIMES, ON_DAYS, ("value", _("in total (yen, points, …)"))],
        default="times",
        label=_("What counts"),
    )
    subject = blocks.CharBlock(
        required=False,
        max_length=120,
        label=_("Only about"),
        help_text=_(
            "For example the code of an article (sku:P08), or the words of a search. "
            "Empty: anything."
        ),
    )
    properties = blocks.ListBlock(
        PropertyBlock(label=_("Detail")),
        default=[],
        min_num=0,
        label=_("Only with these details"),
        help_text=_(
            "For example: device is phone. Details are known as long as the raw events are kept "
            "(setting EVENT_RETENTION_DAYS); older ones do not count."
        ),
    )

    def deed(self, value: Any, window: Window, place: Place) -> Did:
        return Did(
            kind=value["kind"],
            window=window,
            place=place,
            subject=value["subject"] or "",
            properties=properties_of(value["properties"]),
            **amount_of("times", value),
        )

    def check_amount(self, value: Any) -> None:
        check_amount("times", value)
        kind = event_kinds.get(value["kind"])
        if (
            value["comparison"] in COUNTED
            and value["measure"] == "value"
            and kind
            and not kind.unit
        ):
            text = gettext("“%(kind)s” has no amount: count times or days.")
            raise ValidationError({"measure": text % {"kind": kind.label}})

    class Meta:
        icon = "view"
        label = _("Behaviour")
        form_layout = blocks.BlockGroup(
            ["kind", "comparison", "times", "measure", *DeedRuleBlock.when, "pages", "below"],
            settings=["subject", *DeedRuleBlock.where, "properties"],
        )
        form_attrs = DeedRuleBlock._meta_class.form_attrs | {
            "data-crm-adding-properties": _("Add a detail"),
            "data-crm-rule-fields-shown-value": shown_when(times={"comparison": NUMBERED}),
        }
