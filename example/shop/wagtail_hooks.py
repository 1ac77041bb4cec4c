from wagtail import hooks

from wagtail_crm.members.panels import MemberPanel

from .orders import latest_orders


@hooks.register("register_crm_member_panels")
def register_panels():
    return [
        MemberPanel("orders", order=400, template_name="shop/_orders.html", context=latest_orders)
    ]
