"""``{% load crm_consent %}{% consent_bar %}`` at the end of ``<body>``."""

from typing import Any

from django import template
from django.template.loader import render_to_string

from wagtail_crm.conf import crm_settings

register = template.Library()

TEMPLATE = "wagtail_crm/tracking/_consent_bar.html"


@register.simple_tag(takes_context=True)
def consent_bar(context: template.Context, privacy_url: str = "") -> str:
    """Ask whether the visit may be recorded, until there is an answer.

    ``privacy_url`` is the page that explains more. Renders nothing in mode ``off``, in previews
    and where the site's middleware is not installed.
    """
    request: Any = context.get("request")
    crm = getattr(request, "crm", None)
    if crm is None or getattr(request, "is_preview", False) or not crm.must_ask:
        return ""
    values: dict[str, Any] = {
        "mode": crm_settings.consent_mode,
        "next": request.get_full_path(),
        "privacy_url": privacy_url,
    }
    return render_to_string(TEMPLATE, values, request=request)
