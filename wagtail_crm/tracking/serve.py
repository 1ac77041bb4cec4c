"""Recording views of Wagtail pages."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from .context import Crm

ServeChain = Callable[..., HttpResponse]

PAGE_VIEW = "page_view"
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
# Longer values are not campaigns but somebody playing.
LONGEST_VALUE = 100


def record_page_view(next_serve_page: ServeChain) -> ServeChain:
    """An ``on_serve_page`` link of the chain: notes a view once the page was really served."""

    def serve(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
        response = next_serve_page(page, request, args, kwargs)
        crm: Crm | None = getattr(request, "crm", None)
        if crm and response.status_code == 200 and is_human_view(request):
            crm.track(PAGE_VIEW, page=page, **touch_of(request))
        return response

    return serve


def is_human_view(request: HttpRequest) -> bool:
    """A GET that somebody looks at: no preview, no prefetch (``Sec-Purpose``, ``Purpose``)."""
    if request.method != "GET" or getattr(request, "is_preview", False):
        return False
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    return "prefetch" not in purpose and "prerender" not in purpose


def touch_of(request: HttpRequest) -> dict[str, Any]:
    """``{"touch": {…}}`` with the UTM parameters and the foreign site that led here, or nothing."""
    touch = {name: request.GET[name][:LONGEST_VALUE] for name in UTM if name in request.GET}
    host = urlsplit(request.headers.get("Referer", "")).hostname
    if host and host != request.get_host().split(":")[0]:
        touch["referrer"] = host[:LONGEST_VALUE]
    return {"touch": touch} if touch else {}
