"""What people bought, as the event log tells it."""

from decimal import Decimal

from wagtail.models import Site

from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import Event

NEWEST = 5


def remember_order(request, number, cart):
    """A member's order is kept whatever they answered about pages they read; a visitor's is not."""
    facts = {"subject": f"order:{number}", "value": Decimal(cart.total)}
    data = {"name": cart.name, "lines": cart.as_data}
    if not request.crm.member_id:
        request.crm.track("purchase", **facts, **data)
        return
    member_id, site = request.crm.member_id, Site.find_for_request(request)
    order = NewEvent("purchase", member_id=member_id, site_id=site and site.pk, data=data, **facts)
    record_events(events=[order])


def latest_orders(request, member):
    """For the panel on my page; nothing for who has not bought yet."""
    orders = Event.objects.of_member(member).of_kinds("purchase").newest_first()[:NEWEST]
    return {"orders": orders} if orders else None
