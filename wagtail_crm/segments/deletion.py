"""A segment that something refers to stays: who would see what is not left to chance."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from wagtail.models import ReferenceIndex

from .models import Segment


def refuse_if_used(request: HttpRequest, objects: Iterable[Any]) -> HttpResponse | None:
    """For ``before_delete_snippet``: leads to where a segment is used instead of deleting it."""
    used = [(each, count) for each in objects if isinstance(each, Segment) if (count := uses(each))]
    for segment, count in used:
        text = ngettext(
            "“%(segment)s” is used in %(n)d place and was not deleted. Remove it there first.",
            "“%(segment)s” is used in %(n)d places and was not deleted. Remove it there first.",
            count,
        )
        messages.error(request, text % {"segment": segment, "n": count})
    if not used:
        return None
    if len(used) == 1:
        return redirect(reverse("crm_segment:usage", args=[used[0][0].pk]))
    messages.info(request, gettext("Nothing was deleted."))
    return redirect(reverse("crm_segment:list"))


def uses(segment: Segment) -> int:
    """How many pages, mails, segments and other things refer to it."""
    return ReferenceIndex.get_grouped_references_to(segment).count()
