"""The surveys of the site, of whatever page type."""

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from wagtail.contrib.forms.utils import get_form_types
from wagtail.models import Site, get_page_models

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.access import closed_paths

from .models import SurveyResponse
from .pages import SurveyPageMixin


def survey_models() -> list[Any]:
    """Every page type that is a survey."""
    return [model for model in get_page_models() if issubclass(model, SurveyPageMixin)]


def surveys_by_id(page_ids: Iterable[int]) -> dict[int, Any]:
    """The surveys among these pages; one query for each page type."""
    ids = set(page_ids)
    return {page.pk: page for model in survey_models() for page in model.objects.filter(pk__in=ids)}


def find_survey(page_id: int) -> Any | None:
    """The survey with that page id, or None."""
    return surveys_by_id([page_id]).get(page_id)


def without_surveys(user: Any, pages: QuerySet[Any]) -> QuerySet[Any]:
    """For ``filter_form_submissions_for_user``: Wagtail's list of forms without surveys.

    It would show them as forms that nobody has filled in. Asks nothing of the database on sites
    whose only forms are surveys: every page of the admin asks whether there are any.
    """
    surveys = ContentType.objects.get_for_models(*survey_models()).values()
    others = [each for each in get_form_types() if each not in surveys]
    return pages.filter(content_type__in=others)


def surveys_to_answer(request: HttpRequest, member: Member) -> list[Any]:
    """Published, open surveys of this site that the member may see and has not answered."""
    site = Site.find_for_request(request)
    if site is None:
        return []
    answered = SurveyResponse.objects.of_member(member).values("page")
    still_open = Q(closes_at=None) | Q(closes_at__gt=timezone.now())
    found: list[Any] = []
    for model in survey_models():
        pages = model.objects.live().descendant_of(site.root_page, inclusive=True)
        found += pages.filter(still_open).exclude(pk__in=answered)
    closed = closed_paths(request) if found else ()
    return [page for page in found if not page.path.startswith(closed)]
