"""Recording views of Wagtail pages."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from .context import Crm
from .languages import languages_of
from .touches import remember_touch, touch_of

logger = logging.getLogger(__name__)

ServeChain = Callable[..., HttpResponse]

PAGE_VIEW = "page_view"
# Headers in which browsers and scripts (Turbo) say that nobody looks at it yet, and their words.
PURPOSES = ("SEC_PURPOSE", "PURPOSE", "X_PURPOSE", "X_MOZ", "X_SEC_PURPOSE")
NOT_YET_SEEN = ("prefetch", "prerender", "preview")


def record_page_view(next_serve_page: ServeChain) -> ServeChain:
    """An ``on_serve_page`` link of the chain: notes a view once the page was really served.

    It stands behind Wagtail's privacy check, so a login or password form is no view.
    """

    def serve(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
        crm: Crm | None = getattr(request, "crm", None)
        if crm:
            crm.page = page
        response = next_serve_page(page, request, args, kwargs)
        if crm and response.status_code == 200 and is_human_view(request):
            _note(crm, page, request)
        return response

    return serve


def _note(crm: Crm, page: Any, request: HttpRequest) -> None:
    """The page is made: whatever goes wrong here, the visitor gets it."""
    try:
        if crm.may_track:
            touch = touch_of(request)
            data: dict[str, Any] = {"touch": touch} if touch else {}
            crm.track(PAGE_VIEW, page=page, **languages_of(page), **data)
            if touch:
                remember_touch(crm.ensure_visitor_id(), touch)
    except Exception:
        logger.exception("A view of page %s was not recorded.", page.pk)


def is_human_view(request: HttpRequest) -> bool:
    """A GET that somebody looks at: no preview, no prefetch (``Sec-Purpose``, ``Purpose``)."""
    if request.method != "GET" or getattr(request, "is_preview", False):
        return False
    said = [request.META.get(f"HTTP_{name}", "").lower() for name in PURPOSES]
    return not any(word in purpose for purpose in said for word in NOT_YET_SEEN)
