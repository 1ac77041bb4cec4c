"""Forms that editors make with ``wagtail.contrib.forms``: what is sent becomes an event.

Where a form page keeps what was sent, it knows no request; where it is served, nobody knows
whether the form was valid. So the one tells the other.
"""

import logging
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.db.models.signals import post_save
from django.http import HttpRequest, HttpResponse

from .context import Crm
from .serve import ServeChain

logger = logging.getLogger(__name__)

FORM_SUBMITTED = "form_submitted"

_sender: ContextVar[Crm | None] = ContextVar("crm_of_the_form_that_is_sent", default=None)


def remember_who_sends(next_serve_page: ServeChain) -> ServeChain:
    """An ``on_serve_page`` link of the chain: who sends the form of the page that is served."""

    def serve(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return next_serve_page(page, request, args, kwargs)
        token = _sender.set(getattr(request, "crm", None))
        try:
            return next_serve_page(page, request, args, kwargs)
        finally:
            _sender.reset(token)

    return serve


def record_submission(instance: Any, created: bool, **kwargs: Any) -> None:
    """Whatever goes wrong here, the form is sent."""
    crm = _sender.get()
    if crm is None or not created:
        return
    try:
        crm.track(FORM_SUBMITTED, page=instance.page)
    except Exception:
        logger.exception("A form that was sent on page %s was not recorded.", instance.page_id)


def watch_submissions() -> None:
    """Listen to every model of submissions the site has; without the forms there is none."""
    if not apps.is_installed("wagtail.contrib.forms"):
        return
    from wagtail.contrib.forms.models import AbstractFormSubmission  # noqa: PLC0415  # optional

    for model in apps.get_models():
        if issubclass(model, AbstractFormSubmission):
            post_save.connect(record_submission, sender=model, dispatch_uid="crm_form_submitted")
