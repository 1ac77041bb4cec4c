"""The numbers of a campaign: how far it is, and what people did with it."""

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncHour
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .models import Campaign, Delivery, Link
from .recipients import Bridge

# The rate is that of the last minute.
RATE_SECONDS = 60
HOURS_SHOWN = 48


@dataclass(frozen=True)
class Progress:
    """How far sending is; ``per_second`` is 0 when nothing was sent lately."""

    total: int
    sent: int
    failed: int
    skipped: int
    waiting: int
    per_second: float

    @property
    def done(self) -> int:
        return self.sent + self.failed + self.skipped

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 100

    @property
    def per_minute(self) -> int:
        return round(self.per_second * 60)

    @property
    def minutes_left(self) -> int | None:
        """How long the rest takes at this rate, at least one; None when nobody can say."""
        if not self.per_second:
            return None
        return max(1, round(self.waiting / self.per_second / 60))


def progress_of(campaign: Campaign) -> Progress:
    counts = campaign.deliveries.all().counts()
    return Progress(
        total=sum(counts.values()),
        sent=counts[Delivery.Status.SENT],
        failed=counts[Delivery.Status.FAILED],
        skipped=counts[Delivery.Status.SKIPPED],
        waiting=counts[Delivery.Status.PENDING] + counts[Delivery.Status.SENDING],
        per_second=_rate(campaign) if campaign.status == Campaign.Status.SENDING else 0,
    )


def _rate(campaign: Campaign) -> float:
    now = timezone.now()
    since = now - datetime.timedelta(seconds=RATE_SECONDS)
    lately = campaign.deliveries.filter(sent_at__gte=since).count()
    running = (now - campaign.started_at).total_seconds() if campaign.started_at else RATE_SECONDS
    return lately / max(1, min(RATE_SECONDS, running))


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: its words, its number, its share of the whole in percent.

    ``length`` is drawn, in percent of the longest bar; the share, unless told otherwise.
    """

    label: Any
    number: int
    percent: float
    key: str = ""
    length: float | None = None

    @property
    def top(self) -> float:
        """Where an upright bar begins in a picture 120 high."""
        return 120 - self.percent

    @property
    def width(self) -> float:
        """What is drawn: a bar of something is never nothing."""
        length = self.percent if self.length is None else self.length
        return max(length, 0.6) if self.number else 0


def share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


class Report:
    """What became of a campaign. People only: programs that open and click are not counted."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign

    @property
    def bridge(self) -> Bridge | None:
        """Who it was for, as it was when it was started."""
        return Bridge(**self.campaign.bridge) if self.campaign.bridge else None

    @cached_property
    def funnel(self) -> list[Bar]:
        campaign = self.campaign
        sent = campaign.sent
        steps = [
            (pgettext_lazy("bar of a chart", "Sent"), sent, "sent"),
            (_("Opened"), campaign.opened, "opened"),
            (_("Clicked"), campaign.clicked, "clicked"),
            (_("Unsubscribed"), campaign.unsubscribed, "unsubscribed"),
        ]
        return [Bar(label, number, share(number, sent), key) for label, number, key in steps]

    @cached_property
    def links(self) -> list[tuple[Link, Bar]]:
        """Most clicked first; shares are of the members who got the mail."""
        links = list(self.campaign.links.order_by("-clicked", "position", "pk"))
        most = links[0].clicked if links else 0
        return [(link, self._link_bar(link, most)) for link in links]

    def _link_bar(self, link: Link, most: int) -> Bar:
        percent = share(link.clicked, self.campaign.sent)
        return Bar(link, link.clicked, percent, length=share(link.clicked, most))

    @cached_property
    def hours(self) -> list[Bar]:
        """Openings hour by hour since the start; percent of the fullest hour."""
        if self.campaign.started_at is None:
            return []
        start = timezone.localtime(self.campaign.started_at)
        start = start.replace(minute=0, second=0, microsecond=0)
        end = start + datetime.timedelta(hours=HOURS_SHOWN)
        rows = (
            self.campaign.deliveries.filter(opened_at__gte=start, opened_at__lt=end)
            .annotate(hour=TruncHour("opened_at"))
            .order_by()
            .values("hour")
            .annotate(number=Count("pk"))
        )
        counts = {row["hour"]: row["number"] for row in rows}
        most = max(counts.values(), default=0)
        hours = [
            start + datetime.timedelta(hours=hour) for hour in range(HOURS_SHOWN if most else 0)
        ]
        return [Bar(hour, counts.get(hour, 0), share(counts.get(hour, 0), most)) for hour in hours]
