"""How the size of segments moved over the last twelve weeks."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext

from wagtail_crm.charts import Chart

from .models import Segment, SegmentSize
from .rules.person import site_today

WEEKS = 12
# Below so many days of history a point for each week would show nothing.
FEW_DAYS = 28
WIDTH, HEIGHT = 72, 20  # units of the small drawing


@dataclass(frozen=True)
class Trend:
    """(day, size) from the first known day on, by week or by day, oldest first."""

    points: tuple[tuple[datetime.date, int], ...]

    def __bool__(self) -> bool:
        """Whether there is anything to draw: one point is no trend."""
        return len(self.points) > 1

    @property
    def line(self) -> str:
        """The points of an SVG polyline, from the smallest size to the largest."""
        sizes = [size for _day, size in self.points]
        least, most = min(sizes), max(sizes)
        step = WIDTH / (len(sizes) - 1)
        return " ".join(
            f"{place * step:.1f},{1 + (HEIGHT - 2) * (1 - _part(size, least, most)):.1f}"
            for place, size in enumerate(sizes)
        )

    @property
    def first_size(self) -> int:
        return self.points[0][1]

    @property
    def last_size(self) -> int:
        return self.points[-1][1]

    @property
    def first_day(self) -> datetime.date:
        return self.points[0][0]

    def chart(self) -> Chart:
        return Chart(
            label=gettext("Members in the last twelve weeks"),
            heading=gettext("Day"),
            unit=gettext("Members"),
            labels=[date_format(day, "MONTH_DAY_FORMAT") for day, _size in self.points],
            values=[size for _day, size in self.points],
            type="line",
        )


def _part(size: int, least: int, most: int) -> float:
    return (size - least) / (most - least) if most > least else 0.5


def trends_of(segments: Iterable[Segment]) -> dict[int, Trend]:
    """The trend of each segment, the last point being its size now; one query for all."""
    segments = list(segments)
    known: dict[int, dict[datetime.date, int]] = {segment.pk: {} for segment in segments}
    rows = SegmentSize.objects.filter(segment__in=segments).since(_first_day()).order_by()
    for pk, day, size in rows.values_list("segment", "day", "size"):
        known[pk][day] = size
    return {segment.pk: _trend(segment, known[segment.pk]) for segment in segments}


def trend_of(segment: Segment) -> Trend:
    """The trend of a segment that was read ``with_sizes``; no query."""
    known: dict[str, int] = segment.known_sizes or {}
    days = {datetime.date.fromisoformat(day): size for day, size in known.items()}
    first = _first_day()
    return _trend(segment, {day: size for day, size in days.items() if day >= first})


def _first_day() -> datetime.date:
    return site_today() - datetime.timedelta(weeks=WEEKS)


def _trend(segment: Segment, known: dict[datetime.date, int]) -> Trend:
    today = site_today()
    if segment.live and (segment.refreshed_at or segment.is_static):
        return Trend(_points(known | {today: segment.size}, today))
    return Trend(())


def _points(
    known: dict[datetime.date, int], today: datetime.date
) -> tuple[tuple[datetime.date, int], ...]:
    """On a day without a row the size was that of the day before."""
    age = (today - min(known)).days
    step = 7 if age >= FEW_DAYS else 1
    days = [today - datetime.timedelta(days=ago) for ago in range(age - age % step, -1, -step)]
    return tuple((day, known[max(each for each in known if each <= day)]) for day in days)
