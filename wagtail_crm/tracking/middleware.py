"""Puts ``request.crm`` on every request and saves what it recorded once the response is made."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from wagtail_crm.conf import crm_settings
from wagtail_crm.jobs import enqueue

from . import actions, consent
from .context import Crm
from .tasks import drain

logger = logging.getLogger(__name__)


class CrmMiddleware:
    """Stands after authentication. A page never fails because its events cannot be saved."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        crm = request.crm = Crm(request)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if crm.pending and response.status_code < 400:
            self.save(crm)
        if crm.is_to_be_forgotten:
            self.forget(crm, response)
        elif crm.new_visitor_id is not None and crm.may_track:
            consent.set_visitor_cookie(request, response, crm.new_visitor_id)
        elif crm.new_visitor_id is not None:  # they left, and whoever comes next said nothing yet
            consent.take_visitor_cookie(response)
        if crm.new_visitor_id is not None or crm.depends_on_cookies:
            patch_vary_headers(response, ["Cookie"])
        if crm.varies_by_device:
            patch_vary_headers(response, ["User-Agent"])
        if crm.varies_by_country and crm_settings.country_header:
            patch_vary_headers(response, [crm_settings.country_header])
        if crm.is_private or crm.new_visitor_id is not None:
            # Some shared caches do not heed Vary: they would give one browser's id to all.
            patch_cache_control(response, private=True)
        return response

    def forget(self, crm: Crm, response: HttpResponse) -> None:
        """What a member said of themselves elsewhere is heeded where they are."""
        visitor_id = consent.visitor_id_of(crm.request)
        try:
            if visitor_id is not None:
                actions.forget_visitor(visitor_id=visitor_id)
        except DatabaseError:
            logger.exception("A browser could not be forgotten; its next page tries again.")
            return
        consent.remember_answer(crm.request, response, "no")
        crm.is_private = crm.depends_on_cookies = True

    def save(self, crm: Crm) -> None:
        """Whatever goes wrong here, the visitor gets the page."""
        try:
            worker_needed = actions.save_events(events=crm.pending)
        except Exception:
            logger.exception("%d events are lost: nothing took them.", len(crm.pending))
            return
        if worker_needed:
            self.call_worker()

    def call_worker(self) -> None:
        try:
            enqueue(drain)
        except Exception:
            logger.exception("No worker was called; the events wait for the next round.")
