"""Answering whether a visit may be recorded."""

from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.urls import get_script_prefix
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.generic import TemplateView

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.actions import record_consent
from wagtail_crm.members.models import ConsentRecord
from wagtail_crm.tracking import actions, consent
from wagtail_crm.tracking.context import Crm


def comes_from_here(request: HttpRequest) -> bool:
    """Whether a browser says that this POST comes from a page of this very site.

    By ``Sec-Fetch-Site``, else by the host of ``Origin`` (Fetch Metadata; RFC 6454). One of them
    is sent with every POST by browsers since 2020.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    _scheme, _separator, host = request.headers.get("Origin", "").partition("://")
    return host == request.get_host()


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class ConsentView(TemplateView):
    """GET: the question on a page of its own, to change one's mind. POST: the answer.

    The bar carries no CSRF token, because a token is a cookie: it would be set before anybody
    agreed to one, and it would not fit on a page that a cache shares. The browser's own word on
    where a POST comes from protects as well; a POST without it needs the token of the page.
    """

    template_name = "wagtail_crm/tracking/consent.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not hasattr(request, "crm"):
            raise Http404("Nothing is recorded: the site does without the middleware.")
        if request.method == "POST" and not comes_from_here(request):
            return csrf_protect(super().dispatch)(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        crm: Crm = self.request.crm  # type: ignore[attr-defined]
        crm.is_asking = True
        answer = crm.part("profiling")
        if answer is None and (browser := consent.answer_of(self.request)):
            answer = browser == "yes"
        opted_out = answer is None and consent.opted_out_by_browser(self.request)
        is_remembered = crm_settings.consent_mode != "opt_in" and answer is not False
        return super().get_context_data(
            answer=answer,
            opted_out=opted_out,
            base_template=crm_settings.base_template,
            # Whoever is not remembered is asked, whatever the site does with others.
            mode="notice" if is_remembered and not opted_out else "opt_in",
            # Back to this page: there it says what was answered, and leads on.
            next=f"{self.request.path}?{urlencode({'next': _way_back(self.request)})}",
            way_back=_way_back(self.request) if self.request.GET.get("next") else "",
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        answer = request.POST.get("answer")
        if answer not in ("yes", "no"):
            return HttpResponseBadRequest()
        crm: Crm = request.crm  # type: ignore[attr-defined]
        visitor_id, member = consent.visitor_id_of(request), crm.member
        if member is not None:
            record_consent(
                member=member,
                purpose=ConsentRecord.Purpose.PROFILING,
                granted=answer == "yes",
                source="consent_bar",
            )
        if answer == "no" and visitor_id is not None:
            actions.forget_visitor(visitor_id=visitor_id)
        # What was known of them before the answer is not what they say now.
        crm.reset()
        response = HttpResponseRedirect(_way_back(request))
        consent.remember_answer(request, response, "yes" if answer == "yes" else "no")
        if answer == "yes" and member is None:
            _keep_proof(crm, request)
        return response


def _keep_proof(crm: Crm, request: HttpRequest) -> None:
    """That of a member is a record of theirs; others have nothing but the browser's number."""
    request.COOKIES[crm_settings.consent_cookie_name] = consent.cookie_value("yes")
    if crm.may_track:
        actions.keep_consent_of_browser(visitor_id=crm.ensure_visitor_id())


def _way_back(request: HttpRequest) -> str:
    """The page the answer was given on, if it is one of ours, else where the site begins."""
    for url in (request.POST.get("next"), request.GET.get("next"), request.headers.get("Referer")):
        if url and url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return url
    return get_script_prefix()
