"""A rank that a segment asks for stays; of others, whoever has them gets another first."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from wagtail_crm.segments.models import Segment

from . import actions, tasks
from .models import Rank


def end_instead_of_deleting(request: HttpRequest, objects: Iterable[Any]) -> HttpResponse | None:
    """For ``before_delete_snippet``, of one and of many: refuses, or gives the ranks up."""
    ranks = [each for each in objects if isinstance(each, Rank)]
    refused = [rank for rank in ranks if _refused(request, rank)]
    if refused:
        return redirect(reverse("crm_rank:list"))
    if not ranks or request.method != "POST":
        return None
    actions.end_ranks(ranks=ranks, by=request.user)
    tasks.begin_recount()
    for rank in ranks:
        text = gettext("The rank “%(rank)s” is deleted. Who had it gets what their points reach.")
        messages.success(request, text % {"rank": rank})
    return redirect(reverse("crm_rank:list"))


def _refused(request: HttpRequest, rank: Rank) -> bool:
    names = list(Segment.objects.naming(rank).values_list("name", flat=True))
    if names:
        text = gettext(
            "The rank “%(rank)s” was not deleted: the segment “%(segment)s” asks for it. "
            "Change its rules first."
        )
        messages.error(request, text % {"rank": rank, "segment": names[0]})
    return bool(names)
