"""Downloads of the site's documents, counted where they are served."""

import logging
import re
from typing import Any
from urllib.parse import unquote, urlsplit

import swapper
from django.apps import apps
from django.http import HttpRequest
from django.urls import Resolver404, get_script_prefix, resolve

from .context import Crm
from .schemas import Said
from .serve import is_human_view

logger = logging.getLogger(__name__)

DOWNLOAD = "download"
SERVE = "wagtaildocs_serve"
PAGE = "wagtail_serve"
# The parts of a page: a film or a picture that is shown is no download.
PARTS = {"audio", "video", "image", "track", "font", "style", "script"}
# How scripts fetch.
BY_SCRIPT = {"cors", "same-origin"}
# Players and readers of PDF fetch the rest of a file in pieces; Safari asks for two bytes first.
FROM_THE_BEGINNING = re.compile(r"bytes=0-(?!1$)\d*$")


def record_download(request: HttpRequest, instance: Any, **kwargs: Any) -> None:
    """Wagtail is about to serve a document: who asks has passed its privacy check.

    The middleware drops it when the answer is an error, e.g. because the file is gone.
    """
    crm: Crm | None = getattr(request, "crm", None)
    try:
        if crm is not None and _is_wanted(request) and crm.may_track:
            page = _page_it_is_on(request)
            crm.track(DOWNLOAD, page=page, subject=f"document:{instance.pk}", title=instance.title)
    except Exception:
        logger.exception("A download of document %s was not recorded.", instance.pk)


def _is_wanted(request: HttpRequest) -> bool:
    piece = request.headers.get("Range")
    if piece and not FROM_THE_BEGINNING.match(piece):
        return False
    if request.headers.get("Sec-Fetch-Mode") in BY_SCRIPT:
        return False
    return is_human_view(request) and request.headers.get("Sec-Fetch-Dest") not in PARTS


def _page_it_is_on(request: HttpRequest) -> Any:
    """The page of this site that the browser names as the one it comes from, if it does."""
    match = _match(_own_path(request, request.headers.get("Referer", "")))
    if match is None or match.url_name != PAGE:
        return None
    pages = swapper.load_model("wagtailcore", "Page")
    return pages.find_for_request(request, match.args[0])


def is_counted_by_site(request: HttpRequest, kind: str, said: Said) -> bool:
    """Whether a download that a page reports is a document that the site itself serves."""
    if kind != DOWNLOAD:
        return False
    match = _match(_own_path(request, said.data["url"]))
    return match is not None and match.url_name == SERVE


def _own_path(request: HttpRequest, address: str) -> str:
    """The path of an address of this host, else ""."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return parts.path if parts.netloc.lower() == request.get_host().lower() else ""


def _match(path: str) -> Any:
    if not path:
        return None
    try:
        return resolve("/" + unquote(path).removeprefix(get_script_prefix()))
    except Resolver404:
        return None


def watch_documents() -> None:
    """Hear of what Wagtail serves; a site may do without its documents."""
    if apps.is_installed("wagtail.documents"):
        from wagtail.documents.models import document_served  # noqa: PLC0415  # optional

        document_served.connect(record_download)
