"""What members bought: orders, or products of them."""

from dataclasses import dataclass

from django.utils.translation import gettext

from wagtail_crm.tracking.products import PURCHASE, PURCHASE_ITEM, subjects_in

from .behaviour import Did


@dataclass(frozen=True)
class Bought(Did):
    """Bought something; or a product, something of a category, or on some pages.

    Without any of these, orders count. With one of them, what counts are the products in them
    (``purchase_item``), and purchases that name a product or a page themselves, as imported
    order lines do. ``category`` is a key; the products in it are those of when the rule is
    asked. ``name`` is the product's or category's, for the sentence.
    """

    category: str = ""
    name: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        is_whole = not (self.subject or self.category or self.place)
        return frozenset({PURCHASE} if is_whole else {PURCHASE, PURCHASE_ITEM})

    @property
    def subjects(self) -> frozenset[str] | None:
        return subjects_in(self.category) if self.category else super().subjects

    def things(self) -> str:
        if self.category:
            return gettext("something from “%(category)s”") % {"category": self.name}
        return gettext("“%(product)s”") % {"product": self.name} if self.subject else ""
