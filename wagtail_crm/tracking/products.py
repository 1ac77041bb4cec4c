"""What a site sells, by name: editors choose from it when a rule asks who bought what."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from wagtail_crm.registry import Registry

from .events import NO_PAGE, NewEvent, event_id_for

# Kinds of event: an order, and one product of it.
PURCHASE, PURCHASE_ITEM = "purchase", "purchase_item"
# Seconds for which a process believes what the catalogues said.
FRESH_FOR = 60.0


@dataclass(frozen=True)
class Category:
    """A shelf, a brand, a series: what products have in common. ``key`` is what rules store."""

    key: str
    name: str


@dataclass(frozen=True)
class Product:
    """Something that is sold. Events name it by ``sku:`` and its code."""

    code: str
    name: str
    categories: tuple[Category, ...] = ()

    @property
    def subject(self) -> str:
        return subject_of(self.code)


@dataclass(frozen=True)
class Catalogue:
    """Products of one source. Those that are not sold any more stay in it as long as rules ask."""

    slug: str
    products: Callable[[], Iterable[Product]]


catalogues: Registry[Catalogue] = Registry("register_crm_products", Catalogue)


def subject_of(code: str) -> str:
    """What events about a product have as their subject."""
    return f"sku:{code.removeprefix('sku:')}"


_known: tuple[float, Mapping[str, Product]] | None = None


def known_products() -> Mapping[str, Product]:
    """Every product by its code, in the order of the catalogues; up to a minute old."""
    global _known
    if _known is None or time.monotonic() - _known[0] > FRESH_FOR:
        found = (product for each in catalogues.values() for product in each.products())
        _known = time.monotonic(), {product.code: product for product in found}
    return _known[1]


def forget_products() -> None:
    """Make this process ask the catalogues again; for sites that want to see a change at once."""
    global _known
    _known = None


def known_categories() -> Mapping[str, Category]:
    """Every category that a product is in, by its key."""
    products = known_products().values()
    return {category.key: category for product in products for category in product.categories}


def subjects_in(category: str) -> frozenset[str]:
    """The subjects of the products that are in a category now."""
    return frozenset(
        product.subject
        for product in known_products().values()
        if any(each.key == category for each in product.categories)
    )


def item_of(
    order: NewEvent,
    code: str,
    *,
    value: Decimal | int | None = None,
    page_id: int = NO_PAGE,
    **data: Any,
) -> NewEvent:
    """One product of an order, to be recorded beside it: whose and when are the order's.

    ``value`` is what was paid for it. Made again from the same order it is the same event.
    """
    return NewEvent(
        kind=PURCHASE_ITEM,
        id=event_id_for(order.at, PURCHASE_ITEM, order.id, code),
        at=order.at,
        member_id=order.member_id,
        visitor_id=order.visitor_id,
        site_id=order.site_id,
        page_id=page_id,
        subject=subject_of(code),
        value=None if value is None else Decimal(value),
        data=data,
    )
