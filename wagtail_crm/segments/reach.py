"""How many members an audience reaches now, for the editor who chooses it."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.formats import number_format
from django.utils.translation import ngettext

from wagtail_crm.members.models import Member

from .audience import Audience
from .models import Membership


@dataclass(frozen=True)
class Reach:
    """Members an audience is meant for, of all who are present; dates and devices aside."""

    members: int
    total: int

    def __str__(self) -> str:
        text = ngettext(
            "reaches %(n)s member now (%(percent)s%%)",
            "reaches %(n)s members now (%(percent)s%%)",
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
