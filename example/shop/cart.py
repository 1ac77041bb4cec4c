"""What a visitor is about to buy, kept in their session."""

from dataclasses import dataclass

from .models import ProductPage

SESSION_KEY = "cart"
MOST = 20


@dataclass(frozen=True)
class Line:
    product: ProductPage
    quantity: int

    @property
    def total(self):
        return self.product.price * self.quantity


def order_name(lines):
    """What an order is called in a timeline: its first product, and how many more."""
    first, more = lines[0]["name"], len(lines) - 1
    return f"{first} ほか{more}点" if more else first


class Cart:
    """Product codes and quantities; prices are always today's."""

    def __init__(self, session):
        self._session = session

    @property
    def _quantities(self):
        return self._session.get(SESSION_KEY, {})

    @property
    def count(self):
        return sum(self._quantities.values())

    @property
    def lines(self):
        products = ProductPage.objects.live().filter(sku__in=self._quantities)
        return [
            Line(product, self._quantities[product.sku])
            for product in products.select_related("picture").order_by("path")
        ]

    @property
    def total(self):
        return sum(line.total for line in self.lines)

    @property
    def as_data(self):
        """The lines as the event log keeps them."""
        return [
            {
                "sku": line.product.sku,
                "name": line.product.title,
                "quantity": line.quantity,
                "price": line.product.price,
            }
            for line in self.lines
        ]

    @property
    def name(self):
        return order_name(self.as_data)

    @property
    def choices(self):
        return range(MOST + 1)

    def put(self, product, quantity):
        """``quantity`` of this product from now on; none takes it out."""
        quantities = dict(self._quantities)
        quantities[product.sku] = max(0, min(quantity, MOST))
        self._session[SESSION_KEY] = {sku: number for sku, number in quantities.items() if number}

    def add(self, product):
        self.put(product, self._quantities.get(product.sku, 0) + 1)

    def clear(self):
        self._session.pop(SESSION_KEY, None)
