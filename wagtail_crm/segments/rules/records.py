"""Where rules about behaviour look it up: in the daily totals, or in the raw events."""

import datetime
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from wagtail_crm.tracking.events import NOBODY
from wagtail_crm.tracking.models import DailyTotal, Event

from .base import midnight
from .expressions import Exactly
from .person import Person, Total, site_today
from .properties import Property
from .windows import ONE_DAY, Bounds


def totals() -> Any:
    """Everything members did, a row for each day; rows of nothing are left out."""
    return DailyTotal.objects.of_members().filter(count__gt=0)


def events(properties: Iterable[Property]) -> Any:
    """The raw events of members with these properties."""
    rows = Event.objects.counted().exclude(member=NOBODY)
    for each in properties:
        rows = rows.filter(each.condition())
    return rows


def within(rows: Any, bounds: Bounds) -> Any:
    """Those of the rows that happened on these days."""
    if rows.model is not DailyTotal:
        return rows.filter(**moments("at", bounds))
    limits = {"day__gte": bounds.first, "day__lte": bounds.last}
    return rows.filter(**{name: limit for name, limit in limits.items() if limit is not None})


def moments(column: str, bounds: Bounds) -> dict[str, datetime.datetime]:
    """That a moment lies on one of these days, as arguments of ``filter``."""
    limits = {}
    if bounds.first is not None:
        limits[f"{column}__gte"] = midnight(bounds.first)
    if bounds.last is not None:
        limits[f"{column}__lt"] = midnight(bounds.last + ONE_DAY)
    return limits


def measured(rows: Any, measure: str) -> Any:
    """Rows of ``member`` and ``amount``: how often, on how many days, or for how much."""
    if rows.model is DailyTotal:
        amounts: dict[str, Any] = {"times": Sum("count"), "days": Count("day", distinct=True)}
    else:
        day = TruncDate("at", tzinfo=timezone.get_default_timezone())
        amounts = {"times": Count("pk"), "days": Count(day, distinct=True)}
    amounts |= {"value": Exactly(Sum("value")), "single": Exactly(Max("value"))}
    return rows.order_by().values("member").annotate(amount=amounts[measure])


def of_person(person: Person, kind: str, properties: tuple[Property, ...]) -> Iterator[Total]:
    """The same of one person: a total for each day and thing, or one for each event."""
    if not properties:
        yield from person.totals.get(kind, ())
        return
    for deed in person.events.get(kind, ()):
        if all(each.holds(deed) for each in properties):
            worth = deed.value or Decimal()
            yield Total(deed.page_id, deed.subject, site_today(deed.at), 1, worth)
