"""Rules about what members did, as editors fill them in."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.tracking.kinds import event_kinds

from .base import Broken, Rule
from .behaviour import Did, NamedPage
from .blocks import RuleBlock

LONGEST = 36_500  # a hundred years of days

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

    # The empty chooser is for the form: a stored rule that names no pages means anywhere.
    def to_python(self, value: Any) -> Any:
        return super().to_python({"pages": [], **value})

    def bulk_to_python(self, values: Any) -> Any:
        return super().bulk_to_python([{"pages": [], **value} for value in values])

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

    class Meta:
        form_attrs = {
            "data-controller": "crm-adding",
            "data-crm-adding-text-value": _("Add a page"),
        }


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
