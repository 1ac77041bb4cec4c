"""Recording views of Wagtail pages."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from .context import Crm
from .languages import languages_of

logger = logging.getLogger(__name__)

ServeChain = Callable[..., HttpResponse]

PAGE_VIEW = "page_view"
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
# Longer values are not campaigns but somebody playing.
LONGEST_VALUE = 100


def record_page_view(next_serve_page: ServeChain) -> ServeChain:
    """An ``on_serve_page`` link of the chain: notes a view once the page was really served.

    It stands behind Wagtail's privacy check, so a login or password form is no view.
    """

    def serve(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
        response = next_serve_page(page, request, args, kwargs)
        crm: Crm | None = getattr(request, "crm", None)
        if crm and response.status_code == 200 and is_human_view(request):
            _note(crm, page, request)
        return response

    return serve


def _note(crm: Crm, page: Any, request: HttpRequest) -> None:
    """The page is made: whatever goes wrong here, the visitor gets it."""
    try:
        if crm.may_track:
            crm.track(PAGE_VIEW, page=page, **languages_of(page), **touch_of(request))
    except Exception:
        logger.exception("A view of page %s was not recorded.", page.pk)


def is_human_view(request: HttpRequest) -> bool:
    """A GET that somebody looks at: no preview, no prefetch (``Sec-Purpose``, ``Purpose``)."""
    if request.method != "GET" or getattr(request, "is_preview", False):
        return False
    headers = request.META
    purpose = headers.get("HTTP_SEC_PURPOSE") or headers.get("HTTP_PURPOSE")
    purpose = purpose or headers.get("HTTP_X_PURPOSE") or headers.get("HTTP_X_MOZ") or ""
    return not any(word in purpose.lower() for word in ("prefetch", "prerender", "preview"))


def touch_of(request: HttpRequest) -> dict[str, Any]:
    """``{"touch": {…}}`` with the UTM parameters and the foreign site that led here, or nothing."""
    parameters = request.GET
    touch = {name: _short(parameters[name]) for name in UTM if name in parameters}
    if (host := _referring_host(request)) and host != request.get_host().partition(":")[0]:
        touch["referrer"] = _short(host)
    return {"touch": touch} if touch else {}


def _referring_host(request: HttpRequest) -> str | None:
    referrer = request.META.get("HTTP_REFERER")
    if not referrer:
        return None
    try:
        return urlsplit(referrer).hostname
    except ValueError:  # "http://[" is no address
        return None


def _short(value: str) -> str:
    return value.replace("\0", "")[:LONGEST_VALUE]
