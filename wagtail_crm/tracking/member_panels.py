"""What the log shows on a member's page in the admin: the timeline and two figures."""

import datetime
from typing import Any

from django.db.models import Count, Max, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from wagtail_crm.members.models import Member

from .models import DailyTotal
from .timeline import Cursor, groups, timeline_of

WEEKS = 12
BAR_HEIGHT = 32  # units of the drawing
DEVICES = {
    "phone": _("phone"),
    "tablet": _("tablet"),
    "computer": _("computer"),
    "other": pgettext_lazy("device", "other"),
}


def timeline_tab(request: HttpRequest, member: Member) -> dict[str, Any]:
    group = request.GET.get("group", "")
    words = request.GET.get("q", "").replace("\0", "").strip()
    before = Cursor.parse(request.GET.get("before", ""))
    today = timezone.localdate()
    return {
        "timeline": timeline_of(member, group=group, words=words, before=before),
        "groups": [("", pgettext_lazy("filter", "All")), *groups().items()],
        "group": group,
        "words": words,
        "is_first": before is None,
        "today": today,
        "yesterday": today - datetime.timedelta(days=1),
        "devices": DEVICES,
    }


def visits_card(request: HttpRequest, member: Member) -> dict[str, Any]:
    """Page views of the last twelve weeks, this week last."""
    weeks = weekly_views(member)
    most = max(weeks) or 1
    return {
        "total": sum(weeks),
        "bars": [
            {
                "x": 10 * number,
                "height": (height := round(BAR_HEIGHT * count / most)),
                "y": BAR_HEIGHT - height,
                "count": count,
            }
            for number, count in enumerate(weeks)
        ],
    }


def weekly_views(member: Member) -> list[int]:
    """Page views in each of the last twelve spans of seven days; the last ends today."""
    today = timezone.localdate()
    totals = DailyTotal.objects.filter(member=member).of_kinds("page_view")
    days = totals.in_last_days(7 * WEEKS, today).values_list("day").annotate(Sum("count"))
    weeks = [0] * WEEKS
    for day, count in days:
        weeks[WEEKS - 1 - (today - day).days // 7] += count
    return weeks


def purchases_card(request: HttpRequest, member: Member) -> dict[str, Any] | None:
    """What the person bought in all; no card for those who never bought."""
    totals = DailyTotal.objects.filter(member=member).of_kinds("purchase")
    sums = totals.aggregate(value=Sum("value"), days=Count("day", distinct=True), last=Max("day"))
    if not sums["last"]:
        return None
    return {**sums, "days_ago": (timezone.localdate() - sums["last"]).days}
