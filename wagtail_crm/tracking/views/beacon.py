"""Where pages report what happened on them: ``navigator.sendBeacon`` and ``crm.track()``."""

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from wagtail_crm.tracking.context import Crm
from wagtail_crm.tracking.documents import is_counted_by_site
from wagtail_crm.tracking.known_pages import site_with_page
from wagtail_crm.tracking.rates import WINDOW, is_too_fast
from wagtail_crm.tracking.reports import read_report
from wagtail_crm.tracking.schemas import InvalidFacts

from .consent import comes_from_here

LARGEST_BODY = 16 * 1024


@csrf_exempt
@never_cache
@require_POST
def beacon(request: HttpRequest) -> HttpResponse:
    """204, also where nothing is kept because nobody agreed; else why it is refused, in a line.

    There is no CSRF token: a token is a cookie, and does not fit on a page that a cache shares.
    The browser says by ``Sec-Fetch-Site`` or ``Origin`` where the report comes from, and all that
    it can do is to add to what the site knows of that very browser.
    """
    if not comes_from_here(request):
        return _refused(403, "Only pages of this site report here.")
    body = _body(request)
    if len(body) > LARGEST_BODY:
        return _refused(413, f"A report has at most {LARGEST_BODY} bytes.")
    try:
        report = read_report(body)
        said = [(event.kind, event.said()) for event in report.events]
    except InvalidFacts as error:
        return _refused(400, str(error))
    crm: Crm | None = getattr(request, "crm", None)
    if crm is None or not crm.may_track:
        return HttpResponse(status=204)
    if is_too_fast(crm):
        return _refused(429, "Too many reports in a minute.")
    site_id = site_with_page(request, report.page)
    if site_id is not None:
        crm.site_id = site_id
        for kind, what in said:
            if not is_counted_by_site(request, kind, what):
                crm.note(kind, what, report.page)
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> bytes:
    """A byte more than is allowed at most, whatever length was announced, or none (RFC 9112 §7.1).

    "" where the browser left in the middle of it, as it may with a page that is closed.
    """
    try:
        return request.read(LARGEST_BODY + 1)
    except UnreadablePostError:
        return b""


def _refused(status: int, reason: str) -> HttpResponse:
    headers = {"Retry-After": str(WINDOW)} if status == 429 else {}
    return HttpResponse(f"{reason}\n", status=status, content_type="text/plain", headers=headers)
