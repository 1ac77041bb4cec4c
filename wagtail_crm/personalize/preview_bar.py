"""The line above a preview that says whose eyes it has, and lets the editor choose a member."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from wagtail_crm.members.models import Member

from .previews import CHOSEN, SEARCHED, SEE_MEMBERS, Eyes

# Members offered when several have the name.
OFFERED = 8


def with_bar(response: Any, eyes: Eyes, request: HttpRequest) -> Any:
    """The response with the bar right after its ``<body>``."""
    if hasattr(response, "render") and not response.is_rendered:
        response.render()
    if getattr(response, "streaming", False) or b"<body" not in response.content:
        return response
    bar = render_to_string(
        "wagtail_crm/personalize/preview_bar.html", _context(eyes, request), request=request
    )
    before, body, rest = response.content.partition(b"<body")
    attributes, end, inside = rest.partition(b">")
    response.content = b"".join([before, body, attributes, end, bar.encode(), inside])
    return response


def _context(eyes: Eyes, request: HttpRequest) -> dict[str, Any]:
    may_choose = eyes.is_member and request.user.has_perm(SEE_MEMBERS)
    searched = request.session.get(SEARCHED, "") if may_choose else ""
    return {
        "eyes": eyes,
        "may_choose": may_choose,
        "searched": searched,
        "offered": Member.objects.present().named(searched)[:OFFERED] if searched else (),
    }


@require_POST
def choose_member(request: HttpRequest) -> HttpResponse:
    """Remember whom the editor searched for, or chose, and go back to the preview."""
    if not request.user.has_perm(SEE_MEMBERS):
        raise PermissionDenied
    searched = request.POST.get("name", "").strip()[:100]
    found = Member.objects.present().named(searched) if searched else Member.objects.none()
    if (named := request.POST.get("member", "")).isdecimal():
        found = Member.objects.present().filter(pk=named)
    chosen = _only_one(found)
    request.session[SEARCHED] = "" if chosen else searched
    if chosen:
        request.session[CHOSEN] = str(chosen)
    return redirect(_back(request))


def _only_one(found: Any) -> int | None:
    ids = list(found.values_list("pk", flat=True)[:2])
    return ids[0] if len(ids) == 1 else None


def _back(request: HttpRequest) -> str:
    address = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()):
        return address
    return reverse("wagtailadmin_home")
