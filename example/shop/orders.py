"""What people bought, as the event log tells it."""

from decimal import Decimal

from wagtail.models import Site

from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import Event
from wagtail_crm.tracking.products import Category, Product, item_of

from .models import CategoryPage, ProductPage

NEWEST = 5


def remember_order(request, number, cart):
    """A member's order is kept whatever they answered about pages they read; a visitor's is not."""
    facts = {"subject": f"order:{number}", "value": Decimal(cart.total)}
    data = {"name": cart.name, "lines": cart.as_data}
    if not request.crm.member_id:
        request.crm.track("purchase", **facts, **data)
        for line in cart.lines:
            what = {"page": line.product, "subject": f"sku:{line.product.sku}"}
            request.crm.track("purchase_item", value=line.total, **what, **noted(line))
        return
    member_id, site = request.crm.member_id, Site.find_for_request(request)
    order = NewEvent("purchase", member_id=member_id, site_id=site and site.pk, data=data, **facts)
    items = [
        item_of(order, line.product.sku, value=line.total, page_id=line.product.pk, **noted(line))
        for line in cart.lines
    ]
    record_events(events=[order, *items])


def noted(line):
    return {"name": line.product.title, "quantity": line.quantity}


def products():
    """What the shop sells, for rules about purchases; a product's category is its shelf."""
    shelves = {
        shelf.path: Category(str(shelf.pk), shelf.title) for shelf in CategoryPage.objects.all()
    }
    for product in ProductPage.objects.order_by("path"):
        shelf = shelves.get(product.path[: -product.steplen])
        yield Product(product.sku, product.title, (shelf,) if shelf else ())


def latest_orders(request, member):
    """For the panel on my page; nothing for who has not bought yet."""
    orders = Event.objects.of_member(member).of_kinds("purchase").newest_first()[:NEWEST]
    return {"orders": orders} if orders else None
