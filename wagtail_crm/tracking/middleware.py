"""Puts ``request.crm`` on every request and saves what it recorded once the response is made."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

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
        if crm.new_visitor_id is not None:
            consent.set_visitor_cookie(request, response, crm.new_visitor_id)
        return response

    def save(self, crm: Crm) -> None:
        try:
            if actions.save_events(events=crm.pending):
                enqueue(drain)
        except DatabaseError:
            logger.exception("Neither Redis nor the database took %d events.", len(crm.pending))
