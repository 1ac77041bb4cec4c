"""``{% load crm_beacon %}{% crm_beacon %}`` anywhere in the site's base template."""

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from wagtail_crm.conf import crm_settings

register = template.Library()

SCRIPT = "wagtail_crm/tracking/beacon.js"


@register.simple_tag(takes_context=True)
def crm_beacon(context: template.Context) -> str | SafeString:
    """The script that measures what visitors do on the page; nothing in previews.

    The same for everybody who gets the page, so a cache may keep it: it names the page, and how
    the script knows whether the visitor agreed. Who it is, the server learns from the cookies.
    """
    if getattr(context.get("request"), "is_preview", False):
        return ""
    return format_html(
        '<script src="{}" defer data-url="{}" data-page="{}" data-cookie="{}" data-yes="{}"'
        ' data-mode="{}"></script>',
        static(SCRIPT),
        reverse("wagtail_crm_tracking:beacon"),
        getattr(context.get("page"), "pk", None) or 0,
        crm_settings.consent_cookie_name,
        f"{crm_settings.consent_version}:yes",
        crm_settings.consent_mode,
    )
