"""Which pages a site has, remembered: a report from a browser asks no database."""

import hashlib
from typing import Any

import swapper
from django.http import HttpRequest
from wagtail.models import Site

from . import snapshots
from .events import NO_PAGE

KNOWN_FOR = 300
NO_SITE = 0


def site_with_page(request: HttpRequest, page_id: int) -> int | None:
    """The id of the site that was asked, if the page is one of its live ones; else None.

    With ``NO_PAGE`` that of any site that was asked. Remembered for five minutes.
    """
    host = hashlib.blake2b(request.get_host().encode(), digest_size=8).hexdigest()
    key = f"crm:page:{host}:{page_id}"
    site_id = snapshots.ask_cache("get", key)
    if site_id is None:
        site_id = _find(Site.find_for_request(request), page_id)
        snapshots.ask_cache("set", key, site_id, KNOWN_FOR)
    return site_id or None


def _find(site: Any, page_id: int) -> int:
    if site is None:
        return NO_SITE
    if page_id == NO_PAGE:
        return site.pk
    pages = swapper.load_model("wagtailcore", "Page").objects.live().filter(pk=page_id)
    return site.pk if pages.descendant_of(site.root_page, inclusive=True).exists() else NO_SITE
