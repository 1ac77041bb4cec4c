from wagtail import hooks

from wagtail_crm.members.panels import MemberPanel
from wagtail_crm.tracking.products import Catalogue

from .orders import latest_orders, products


@hooks.register("register_crm_member_panels")
def register_panels():
    return [
        MemberPanel("orders", order=400, template_name="shop/_orders.html", context=latest_orders)
    ]


@hooks.register("register_crm_products")
def register_products():
    return [Catalogue("shop", products)]
