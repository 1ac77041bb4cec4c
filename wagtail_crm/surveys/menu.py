"""The ways to survey results: the CRM menu, and buttons beside the pages that ask."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets import Button, ListingButton

from .pages import SurveyPageMixin
from .views.admin import VIEW


class SurveysMenuItem(MenuItem):
    """For those who may see answers."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(VIEW))


def listing_buttons(page: Any, user: Any, **kwargs: Any) -> Iterator[Button]:
    """The button beside a survey in lists of pages."""
    yield from _buttons(page, user, ListingButton)


def header_buttons(page: Any, user: Any, **kwargs: Any) -> Iterator[Button]:
    """The button above the editor of a survey."""
    yield from _buttons(page, user, Button)


def _buttons(page: Any, user: Any, button: type[Button]) -> Iterator[Button]:
    if issubclass(page.specific_class or type(page), SurveyPageMixin) and user.has_perm(VIEW):
        url = reverse("crm_survey_results", args=[page.pk])
        yield button(_("Survey results"), url=url, icon_name="form", priority=45)
