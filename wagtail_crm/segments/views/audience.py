"""What the editor of a block is told of its audience while they choose it."""

import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from wagtail_crm.segments.audience import Audience
from wagtail_crm.segments.audience_preview import names_of
from wagtail_crm.segments.audience_words import summary
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.reach import reach_of
from wagtail_crm.viewsets import may_look


def audience_view(request: HttpRequest) -> JsonResponse:
    """What an audience that is being chosen means: ``{"summary": …, "reach": …}``."""
    if not may_look(request.user, Segment):
        raise PermissionDenied
    audience = _audience_of(request.GET)
    said = {"summary": summary(audience, names_of(audience)), "reach": str(reach_of(audience))}
    if not (audience.segments or audience.excluded):
        said["reach"] = gettext("reaches everybody, visitors without an account too")
    return JsonResponse(said)


def _audience_of(chosen: QueryDict) -> Audience:
    share = chosen.get("share", "")
    return Audience(
        segments=_ids(chosen.getlist("segments")),
        need_all=chosen.get("match") == "all",
        excluded=_ids(chosen.getlist("excluded")),
        starts=_moment(chosen.get("starts", "")),
        ends=_moment(chosen.get("ends", "")),
        devices=frozenset(chosen.getlist("devices")),
        share=min(max(int(share), 1), 100) if share.isdecimal() else 100,
    )


def _ids(values: list[str]) -> frozenset[int]:
    return frozenset(int(value) for value in values if value.isdecimal())


def _moment(text: str) -> datetime.datetime | None:
    """A moment as the form shows it; None while it is being typed."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment
