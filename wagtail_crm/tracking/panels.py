"""What the log shows on a member's page in the admin: the timeline and two figures."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from wagtail_crm.members.models import Member

from .devices import DEVICES
from .models import DailyTotal
from .timeline import Cursor, groups, hidden_from, timeline_of

WEEKS = 12
BAR_HEIGHT = 32  # units of the drawing


def timeline_tab(request: HttpRequest, member: Member) -> dict[str, Any]:
    group = request.GET.get("group", "")
    words = request.GET.get("q", "").replace("\0", "").strip()
    before = Cursor.parse(request.GET.get("before", ""))
    hidden = hidden_from(request.user)
    today = timezone.localdate()
    return {
        "timeline": timeline_of(member, group=group, words=words, before=before, hidden=hidden),
        "groups": [("", pgettext_lazy("filter", "All")), *groups(hidden).items()],
        "group": group,
        "words": words,
        "is_first": before is None,
        "today": today,
        "yesterday": today - datetime.timedelta(days=1),
        "devices": DEVICES,
    }


@dataclass(frozen=True)
class Activity:
    """What a member did in figures: page views by week, oldest first, and purchases in all."""

    views: list[int]
    spent: Decimal | None = None
    purchase_days: int = 0
    last_purchase: datetime.date | None = None


def activity_of(member: Member) -> Activity:
    """The last twelve spans of seven days, the last ending today, and purchases; one query."""
    today = timezone.localdate()
    ends = [today - datetime.timedelta(days=7 * ago) for ago in reversed(range(WEEKS))]
    viewed, bought = Q(kind="page_view"), Q(kind="purchase")
    views = {
        f"week_{number}": Sum("count", filter=viewed & Q(day__range=_week_until(end)), default=0)
        for number, end in enumerate(ends)
    }
    recent = viewed & Q(day__gte=_week_until(ends[0])[0])
    found = DailyTotal.objects.filter(recent | bought, member=member).aggregate(
        **views,
        spent=Sum("value", filter=bought),
        purchase_days=Count("day", filter=bought, distinct=True),
        last_purchase=Max("day", filter=bought),
    )
    return Activity([found.pop(name) for name in views], **found)


def _week_until(end: datetime.date) -> tuple[datetime.date, datetime.date]:
    return end - datetime.timedelta(days=6), end


def activity_cards(request: HttpRequest, member: Member) -> dict[str, Any]:
    """The card of page views, and for those who ever bought that of purchases."""
    activity = activity_of(member)
    return {
        "total": sum(activity.views),
        "bars": list(_bars(activity.views)),
        "activity": activity,
        "days_ago": activity.last_purchase and (timezone.localdate() - activity.last_purchase).days,
    }


def _bars(numbers: list[int]) -> Iterator[dict[str, int]]:
    most = max(numbers) or 1
    for place, number in enumerate(numbers):
        height = round(BAR_HEIGHT * number / most)
        yield {"x": 10 * place, "y": BAR_HEIGHT - height, "height": height, "count": number}
