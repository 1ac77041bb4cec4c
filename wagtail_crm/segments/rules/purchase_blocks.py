"""The rule about purchases, as editors fill it in."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.tracking.products import (
    PURCHASE,
    Product,
    known_categories,
    known_products,
    subject_of,
)

from .base import Broken, Rule
from .behaviour_blocks import ON_DAYS, amount_block
from .deed_blocks import (
    HOW_OFTEN,
    NUMBERED,
    DeedRuleBlock,
    amount_of,
    check_amount,
    shown_when,
)
from .places import NamedPage, Place
from .purchases import Bought
from .windows import Window

ANYTHING, PRODUCT, CATEGORY = "anything", "product", "category"


class ProductInput(forms.TextInput):
    """A list of the products that the site names; where it names none, a field for the code."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        products = known_products().values()
        if not products:
            return super().render(name, value, attrs, renderer)
        choices = [("", pgettext("product", "Choose one")), *_by_category(products)]
        return forms.Select(choices=choices).render(name, value, attrs, renderer)


def _by_category(products: Iterable[Product]) -> list[tuple[str, Any]]:
    """Grouped by the first category of each; without a heading those that are in none."""
    grouped: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in products:
        heading = each.categories[0].name if each.categories else ""
        grouped[heading].append((each.code, f"{each.name} ({each.code})"))
    return [*grouped.pop("", ()), *grouped.items()]


class ProductBlock(blocks.CharBlock):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.field.widget = ProductInput()


def what_choices() -> list[tuple[str, Any]]:
    choices = [(ANYTHING, _("anything")), (PRODUCT, _("this product:"))]
    return [*choices, (CATEGORY, _("from this category:"))]


def category_choices() -> list[tuple[str, str]]:
    return [(category.key, category.name) for category in known_categories().values()]


class PurchaseRuleBlock(DeedRuleBlock):
    slug = "purchase"

    comparison = blocks.ChoiceBlock(choices=HOW_OFTEN, default="at_least", label=_("They bought"))
    amount = amount_block(pgettext_lazy("rule", "Number"))
    measure = blocks.ChoiceBlock(
        choices=[
            ("times", _("times")),
            ("value", _("yen in total")),
            ("single", _("yen at once")),
            ON_DAYS,
        ],
        default="times",
        label=_("What counts"),
    )
    # Not an empty list for "anything": a product that is no longer known must not become that.
    what = blocks.ChoiceBlock(
        choices=what_choices, default=ANYTHING, label=pgettext_lazy("bought", "What")
    )
    product = ProductBlock(required=False, max_length=100, label=_("Product"))
    category = blocks.ChoiceBlock(choices=category_choices, required=False, label=_("Category"))

    # What was stored before there were categories names a product or means anything.
    def to_python(self, value: Any) -> Any:
        return super().to_python(_complete(value))

    def bulk_to_python(self, values: Any) -> Any:
        return super().bulk_to_python([_complete(value) for value in values])

    def placed_rule(self, value: Any, pages: tuple[NamedPage, ...]) -> Rule:
        try:
            _what(value)
        except ValidationError as error:
            return Broken(" ".join(error.messages))
        return super().placed_rule(value, pages)

    def deed(self, value: Any, window: Window, place: Place) -> Bought:
        subject, category, name = _what(value)
        return Bought(
            kind=PURCHASE,
            window=window,
            place=place,
            subject=subject,
            category=category,
            name=name,
            **amount_of("amount", value),
        )

    def check_fields(self, value: Any) -> None:
        super().check_fields(value)
        _what(value)

    def check_amount(self, value: Any) -> None:
        check_amount("amount", value)

    class Meta:
        icon = "tag"
        label = _("Purchases")
        form_layout = blocks.BlockGroup(
            ["comparison", "amount", "measure", "what", "product", "category", *DeedRuleBlock.when],
            settings=["pages", "below", *DeedRuleBlock.where],
        )
        form_attrs = DeedRuleBlock._meta_class.form_attrs | {
            "data-crm-rule-fields-shown-value": shown_when(
                amount={"comparison": NUMBERED},
                product={"what": [PRODUCT]},
                category={"what": [CATEGORY]},
            ),
        }


def _complete(value: Any) -> Any:
    return {"what": PRODUCT if value.get("product") else ANYTHING, **value}


def _what(value: Any) -> tuple[str, str, str]:
    """Subject, category and name. Raises ``ValidationError``, by name of the field."""
    if value["what"] == PRODUCT:
        code = (value["product"] or "").strip().removeprefix("sku:")
        if not code:
            raise ValidationError({"product": gettext("Choose the product.")})
        known = known_products().get(code)
        return subject_of(code), "", known.name if known else code
    if value["what"] == CATEGORY:
        category = known_categories().get(value["category"] or "")
        if category is None:
            text = gettext("No category is chosen, or no product is in it any more.")
            raise ValidationError({"category": text})
        return "", category.key, category.name
    return "", "", ""
