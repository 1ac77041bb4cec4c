"""Files of order lines: each becomes a purchase."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from wagtail_crm.members.importing.binding import Values
from wagtail_crm.members.importing.refusals import Refused

from .facts import Fact, FactImporter

NOTED = ("order", "name", "country", "currency")


class OrderImporter(FactImporter):
    """An order line with a customer, a product and a positive quantity becomes an event.

    Cancellations, returns and lines without a customer are refused: what they take back, or
    whose they are, would be a guess.
    """

    fields: Mapping[str, str] = {
        **FactImporter.fields,
        "order": "text",
        "line": "text",
        "sku": "text",
        "name": "text",
        "quantity": "number",
        "price": "number",
        "amount": "number",
        "country": "text",
        "currency": "text",
    }
    needed = (*FactImporter.needed, ("order",), ("sku",))
    source = "orders"

    def read(self, line: int, values: Values) -> Fact:
        if "order" not in values:
            raise Refused(_("No order number"), field="order")
        if "sku" not in values:
            raise Refused(_("No product code"), field="sku")
        customer = self.customer(values)
        if not any(customer):
            raise Refused(_("No customer"), field="code" if "code" in self._columns else "email")
        quantity = Decimal(values.get("quantity", "1"))
        if quantity <= 0:
            reason = _("A return or cancellation: the quantity is not positive")
            raise Refused(reason, field="quantity", value=values["quantity"])
        return Fact(
            line=line,
            kind="purchase",
            at=self.moment(values),
            key=(values["order"], values["sku"], values.get("line", "")),
            customer=customer,
            subject=self._subject(f"sku:{values['sku']}"),
            value=self._amount(values, quantity),
            data=self._details(values, quantity),
        )

    def _amount(self, values: Values, quantity: Decimal) -> Decimal | None:
        if "amount" in values:
            amount = Decimal(values["amount"])
        elif "price" in values:
            amount = Decimal(values["price"]) * quantity
        else:
            return None
        if amount < 0:
            reason = _("A refund or correction: the amount is negative")
            field = "amount" if "amount" in values else "price"
            raise Refused(reason, field=field, value=values[field])
        return self._value(f"{amount:f}")

    def _details(self, values: Values, quantity: Decimal) -> dict[str, Any]:
        whole = quantity == quantity.to_integral_value()
        details = {name: values[name] for name in NOTED if name in values}
        return {
            **details,
            "quantity": int(quantity) if whole else float(quantity),
            **self.data(values),
        }
