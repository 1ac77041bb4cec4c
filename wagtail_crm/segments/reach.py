"""How many members an audience reaches now, for the editor who chooses it."""

import datetime
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, JsonResponse, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from wagtail_crm.members.models import Member
from wagtail_crm.viewsets import may_look

from .audience import Audience
from .audience_preview import names_of
from .audience_words import summary
from .models import Membership, Segment


@dataclass(frozen=True)
class Reach:
    """Members an audience is meant for, of all who are present; dates and devices aside."""

    members: int
    total: int

    def __str__(self) -> str:
        text = ngettext(
            "reaches %(n)s member now (%(percent)s %%)",
            "reaches %(n)s members now (%(percent)s %%)",
            self.members,
        )
        percent = round(100 * self.members / self.total) if self.total else 0
        return text % {"n": number_format(self.members, force_grouping=True), "percent": percent}


def reach_of(audience: Audience) -> Reach:
    """Counts who is in the segments now; a share is taken of that number."""
    present = Member.objects.present()
    found = present.exclude(_in(audience.excluded)) if audience.excluded else present
    if audience.need_all:
        for segment in audience.segments:
            found = found.filter(_in({segment}))
    elif audience.segments:
        found = found.filter(_in(audience.segments))
    return Reach(round(found.count() * audience.share / 100), present.count())


def _in(segments: set[int] | frozenset[int]) -> Q:
    return Q(pk__in=Membership.objects.filter(segment__in=segments).values("member"))


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
