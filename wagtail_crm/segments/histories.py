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
from itertools import chain
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Min, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import Event
from wagtail_crm.tracking.snapshots import ask_cache

from .compiled import LiveSegments, lately_live_segments
from .pages import facts_of_pages
from .rules.base import Detail
from .rules.person import Deed, PageFacts, Total

logger = logging.getLogger(__name__)

# What is older, or beyond so many different things, is not asked of a browser without an account.
RECENT = datetime.timedelta(days=90)
MOST = 300
# How long a record is kept without anything new; it is made again from the log when missed.
KEPT_FOR = datetime.timedelta(days=1)


@dataclass(frozen=True)
class History:
    """Daily totals by kind, the pages they name, and when it all began.

    ``deeds`` are single events, of kinds of which a segment asks for details, and of their data
    only the ``details`` that were asked for when the record was made.
    """

    first_seen_at: datetime.datetime | None = None
    totals: Mapping[str, list[Total]] = field(default_factory=dict)
    pages: Mapping[int, PageFacts] = field(default_factory=dict)
    deeds: Mapping[str, list[Deed]] = field(default_factory=dict)
    details: frozenset[Detail] = frozenset()


NO_HISTORY = History()


def history_of(visitor_id: uuid.UUID) -> History:
    """One cached read; from the log when there is no record, or it lacks details. Never raises."""
    details = lately_live_segments().details
    found = ask_cache("get", _key(visitor_id))
    if isinstance(found, History) and details <= found.details:
        return found
    try:
        built = _build([visitor_id], details)[visitor_id]
    except DatabaseError:
        logger.exception("Nothing is known of the browser %s.", visitor_id)
        return NO_HISTORY
    ask_cache("set" if found else "add", _key(visitor_id), built, KEPT_FOR.total_seconds())
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
        built = _build(visitor_ids, live.details)
        records = {_key(pk): record for pk, record in built.items()}
        ask_cache("set_many", records, KEPT_FOR.total_seconds())


def forget(visitor_ids: Iterable[uuid.UUID]) -> None:
    """They have an owner now, or do not want to be known."""
    ask_cache("delete_many", [_key(pk) for pk in visitor_ids])


def _key(visitor_id: uuid.UUID) -> str:
    return f"crm:history:{visitor_id}"


def _build(
    visitor_ids: Collection[uuid.UUID], details: frozenset[Detail]
) -> dict[uuid.UUID, History]:
    """As many queries, however many browsers: for events, for their details, for pages."""
    rows = _rows(visitor_ids)
    deeds = _deeds(visitor_ids, details) if details else {}
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
        pk: History(
            first.get(pk),
            dict(totals[pk]),
            _of(totals[pk], deeds.get(pk, {}), pages),
            deeds.get(pk, {}),
            details,
        )
        for pk in visitor_ids
    }


def _events(visitor_ids: Collection[uuid.UUID]) -> Any:
    lately = timezone.now() - RECENT
    events = Event.objects.counted().without_owner()
    return events.filter(visitor__in=list(visitor_ids), at__gte=lately)


def _deeds(
    visitor_ids: Collection[uuid.UUID], details: frozenset[Detail]
) -> dict[uuid.UUID, dict[str, list[Deed]]]:
    """The newest events of each browser, with the details that are asked for and no others."""
    names: dict[str, set[str]] = defaultdict(set)
    for kind, name in details:
        names[kind].add(name)
    fields = ("visitor_id", "kind", "id", "at", "page_id", "subject", "value", "data")
    rows = _events(visitor_ids).of_kinds(*sorted(names)).newest_first().values_list(*fields)
    found: dict[uuid.UUID, dict[str, list[Deed]]] = defaultdict(dict)
    seen: dict[uuid.UUID, int] = defaultdict(int)
    for visitor, kind, *facts, data in rows:
        seen[visitor] += 1
        if seen[visitor] <= MOST:
            kept = {name: data[name] for name in names[kind] if name in data}
            found[visitor].setdefault(kind, []).append(Deed._make((*facts, kept)))
    return found


def _rows(visitor_ids: Collection[uuid.UUID]) -> list[Any]:
    events = _events(visitor_ids)
    day = TruncDate("at", tzinfo=timezone.get_default_timezone())
    totals = events.annotate(day=day).values("visitor_id", "kind", "page_id", "subject", "day")
    summed = totals.annotate(times=Count("pk"), worth=Sum("value"), first=Min("at"))
    return list(summed.order_by("-day", "kind", "page_id", "subject"))


def _total(row: Mapping[str, Any]) -> Total:
    worth = row["worth"] or Decimal()
    return Total(row["page_id"], row["subject"], row["day"], row["times"], worth)


def _of(
    totals: Mapping[str, list[Total]],
    deeds: Mapping[str, list[Deed]],
    pages: Mapping[int, PageFacts],
) -> dict[int, PageFacts]:
    visited = {total.page_id for total in chain(*totals.values())}
    visited |= {deed.page_id for deed in chain(*deeds.values())}
    return {pk: pages[pk] for pk in visited & pages.keys()}
