"""The pages of the site: twelve shelves, two below each, with a dozen products on each of those."""

from typing import Any

SHELVES, BELOW, PRODUCTS = 12, 2, 12
# Pages of a shelf, itself and those below it.
OF_A_SHELF = 1 + BELOW * (1 + PRODUCTS)


def plant() -> list[int]:
    """Make the tree; ids of all pages of the first shelf, then of the second, and so on."""
    from wagtail.models import Page, Site

    from example.shop.models import CategoryPage, HomePage

    Page.objects.filter(depth__gt=1).delete()
    home = Page.objects.get(depth=1).add_child(instance=HomePage(title="Hidamari", slug="hidamari"))
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "localhost", "root_page": home}
    )
    ids = []
    for number in range(SHELVES):
        shelf = home.add_child(instance=CategoryPage(title=f"棚 {number + 1}", slug=f"s{number}"))
        ids += [shelf.pk, *_below(shelf, number)]
    return ids


def _below(shelf: Any, number: int) -> list[int]:
    from example.shop.models import CategoryPage, ProductPage

    ids = []
    for part in range(BELOW):
        title = f"{shelf.title} {part + 1}"
        board = shelf.add_child(instance=CategoryPage(title=title, slug=f"s{number}-{part}"))
        ids.append(board.pk)
        for place in range(PRODUCTS):
            code = f"P{number:02}{part}{place:02}"
            product = ProductPage(title=f"{title} {place + 1}", slug=code.lower(), sku=code)
            product.price = 500 + 100 * place
            ids.append(board.add_child(instance=product).pk)
    return ids


def planted() -> list[int]:
    """The same ids, of a tree that stands."""
    from wagtail.models import Page

    pages = Page.objects.filter(depth__gt=2).order_by("path")
    return list(pages.values_list("pk", flat=True))
