"""What browsers without an account did lately: a compact record of each, kept in the cache.

The log is the truth; the record is made from it after each batch of events, so that a page reads
it in one go. It goes when the browser gets an owner: its events are theirs then.
"""

import datetime
import logging
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Min, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import Event
from wagtail_crm.tracking.snapshots import ask_cache

from .compiled import LiveSegments
from .pages import facts_of_pages
from .rules.person import PageFacts, Total

logger = logging.getLogger(__name__)

# What is older, or beyond so many different things, is not asked of a browser without an account.
RECENT = datetime.timedelta(days=90)
MOST = 300
# How long a record is kept without anything new; it is made again from the log when missed.
KEPT_FOR = datetime.timedelta(days=1)


@dataclass(frozen=True)
class History:
    """Daily totals by kind, the pages they name, and when it all began."""

    first_seen_at: datetime.datetime | None = None
    totals: Mapping[str, list[Total]] = field(default_factory=dict)
    pages: Mapping[int, PageFacts] = field(default_factory=dict)


NO_HISTORY = History()


def history_of(visitor_id: uuid.UUID) -> History:
    """One cached read; from the log when there is no record. Never raises."""
    found = ask_cache("get", _key(visitor_id))
    if isinstance(found, History):
        return found
    try:
        built = _build([visitor_id])[visitor_id]
    except DatabaseError:
        logger.exception("Nothing is known of the browser %s.", visitor_id)
        return NO_HISTORY
    ask_cache("add", _key(visitor_id), built, KEPT_FOR.total_seconds())
    return built


def follow(events: Iterable[NewEvent], live: LiveSegments) -> None:
    """Make the next page of browsers see what they did just now, if a segment asks for it."""
    kinds, any_kind = live.interests.kinds, live.ask_about_visits
    visitor_ids = {
        event.visitor_id
        for event in events
        if event.visitor_id and not event.member_id and (any_kind or event.kind in kinds)
    }
    if visitor_ids:
        records = {_key(pk): record for pk, record in _build(visitor_ids).items()}
        ask_cache("set_many", records, KEPT_FOR.total_seconds())


def forget(visitor_ids: Iterable[uuid.UUID]) -> None:
    """They have an owner now, or do not want to be known."""
    ask_cache("delete_many", [_key(pk) for pk in visitor_ids])


def _key(visitor_id: uuid.UUID) -> str:
    return f"crm:history:{visitor_id}"


def _build(visitor_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, History]:
    """As many queries, however many browsers: one for events, the others for pages."""
    rows = _rows(visitor_ids)
    pages = facts_of_pages({row["page_id"] for row in rows})
    first: dict[uuid.UUID, datetime.datetime] = {}
    totals: dict[uuid.UUID, dict[str, list[Total]]] = defaultdict(lambda: defaultdict(list))
    seen: dict[uuid.UUID, int] = defaultdict(int)
    for row in rows:
        visitor = row["visitor_id"]
        first[visitor] = min(row["first"], first.get(visitor, row["first"]))
        seen[visitor] += 1
        if seen[visitor] <= MOST:
            totals[visitor][row["kind"]].append(_total(row))
    return {
        pk: History(first.get(pk), dict(totals[pk]), _of(totals[pk], pages)) for pk in visitor_ids
    }


def _rows(visitor_ids: Collection[uuid.UUID]) -> list[Any]:
    events = (
        Event.objects.counted()
        .without_owner()
        .filter(visitor__in=list(visitor_ids), at__gte=timezone.now() - RECENT)
    )
    day = TruncDate("at", tzinfo=timezone.get_default_timezone())
    totals = events.annotate(day=day).values("visitor_id", "kind", "page_id", "subject", "day")
    summed = totals.annotate(times=Count("pk"), worth=Sum("value"), first=Min("at"))
    return list(summed.order_by("-day", "kind", "page_id", "subject"))


def _total(row: Mapping[str, Any]) -> Total:
    worth = row["worth"] or Decimal()
    return Total(row["page_id"], row["subject"], row["day"], row["times"], worth)


def _of(totals: Mapping[str, list[Total]], pages: Mapping[int, PageFacts]) -> dict[int, PageFacts]:
    visited = {total.page_id for several in totals.values() for total in several}
    return {pk: pages[pk] for pk in visited & pages.keys()}
