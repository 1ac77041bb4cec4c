"""A segment that something refers to stays: who would see what is not left to chance."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from wagtail.permissions import policy_registry

from .models import Segment
from .usage import uses


def refuse_if_used(request: HttpRequest, objects: Iterable[Any]) -> HttpResponse | None:
    """For ``before_delete_snippet``: leads to where a segment is used instead of deleting it."""
    used = [(each, count) for each in objects if isinstance(each, Segment) if (count := uses(each))]
    for segment, count in used:
        text = ngettext(
            "“%(segment)s” is used in %(n)d place and was not deleted. Remove it there first, "
            "or unpublish it.",
            "“%(segment)s” is used in %(n)d places and was not deleted. Remove it there first, "
            "or unpublish it.",
            count,
        )
        messages.error(request, text % {"segment": segment, "n": count})
    if not used:
        return None
    if len(used) == 1:
        return redirect(_place_that_names_uses(request, used[0][0]))
    messages.info(request, gettext("Nothing was deleted."))
    return redirect(reverse("crm_segment:list"))


def _place_that_names_uses(request: HttpRequest, segment: Segment) -> str:
    """Wagtail's list of uses is for those who may change what is used."""
    may_change = policy_registry.get_by_type(Segment).user_has_permission(request.user, "change")
    return reverse("crm_segment:usage" if may_change else "crm_segment:inspect", args=[segment.pk])
