"""``{% load crm_consent %}{% consent_bar %}`` at the end of ``<body>``."""

import functools
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from wagtail_crm.conf import crm_settings
from wagtail_crm.tracking import consent

register = template.Library()

TEMPLATE = "wagtail_crm/tracking/_consent_bar.html"
# Stands for the address of the page in what is kept.
NEXT = "crm-consent-next"
ASKING = ("notice", "opt_in")


@register.simple_tag(takes_context=True)
def consent_bar(context: template.Context, privacy_url: str = "", cached: bool = False) -> str:
    """Ask whether the visit may be recorded, until there is an answer.

    ``privacy_url`` is the page that explains more. Renders nothing in mode ``off``, in previews
    and where the site's middleware is not installed. With ``cached`` the page is the same for
    everybody, as a cache may keep it, and a script decides in the browser whether to ask. The
    template knows ``mode``, ``next`` and ``privacy_url``, not the request: it is rendered once
    per language and kept.
    """
    request: Any = context.get("request")
    crm = getattr(request, "crm", None)
    if crm is None or crm.is_asking or getattr(request, "is_preview", False):
        return ""
    mode = crm_settings.consent_mode
    if not (mode in ASKING if cached else crm.must_ask):
        return ""
    render = _render if settings.DEBUG else _rendered_once
    html = render(mode, privacy_url, get_language(), get_script_prefix(), _for_script(cached))
    # A cache may give this page to others: they need not know what followed the "?".
    way_back = "" if cached else request.get_full_path()
    return mark_safe(html.replace(NEXT, escape(way_back)))  # noqa: S308


def _for_script(cached: bool) -> tuple[str, str] | None:
    """The cookie's name, and what it says after a yes."""
    return (crm_settings.consent_cookie_name, consent.cookie_value("yes")) if cached else None


def _render(
    mode: str,
    privacy_url: str,
    language: str | None,
    prefix: str,
    script: tuple[str, str] | None,
) -> str:
    values = {"mode": mode, "next": NEXT, "privacy_url": privacy_url, "script": script}
    return render_to_string(TEMPLATE, values)


_rendered_once = functools.lru_cache(maxsize=64)(_render)
