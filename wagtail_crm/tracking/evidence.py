"""What the log says of visitors: are they people or machines?

One machine betrays itself by its pace, another by not running what belongs to a page. Nothing here
changes anything; see :mod:`wagtail_crm.tracking.verdicts`.
"""

import datetime
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q
from django.db.models.fields.json import KT

from wagtail_crm.conf import crm_settings

from .devices import is_program
from .kinds import event_kinds
from .models import Event, Reason, Verdict
from .querysets import EventQuerySet
from .serve import PAGE_VIEW

MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
# As many views on as many pages, apart by so small a share of what lies between them: a clock's.
REGULAR_VIEWS, REGULAR_PAGES, REGULAR_SPREAD = 20, 5, 0.1
# So many views without one sign of a script; it may take a while after the last of them to come.
SILENT_VIEWS, PATIENCE = 10, 5 * MINUTE
# On a site where so many visitors who looked at some pages sent such signs, and nearly all did.
LOUD_VIEWS, LOUD_VISITORS, LOUD_SHARE = 3, 20, 0.95
CHUNK = 500


@dataclass
class Evidence:
    """What one browser did in a span of time, and what was thought of it."""

    visitor: UUID
    verdict: str = Verdict.UNKNOWN
    reason: str = ""
    site: int | None = None
    views: int = 0
    pages: int = 0
    last_view: datetime.datetime | None = None
    beacons: int = 0
    deeds: int = 0
    signed_in: int = 0
    browser: str | None = ""
    times: list[datetime.datetime] = field(default_factory=list)


def first_id(moment: datetime.datetime) -> UUID:
    """The least UUIDv7 of that moment: the primary key finds recent events without an index."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def gathered(start: datetime.datetime, end: datetime.datetime) -> list[Evidence]:
    """Of every browser that visited in that time; two queries, and one for each 500 busy ones."""
    events = Event.objects.filter(
        pk__gte=first_id(start), pk__lt=first_id(end), visitor__isnull=False, site__isnull=False
    )
    found = [Evidence(**row) for row in _summary(events)]
    busy = [one for one in found if one.views >= REGULAR_VIEWS]
    for some in _chunks(busy):
        _add_times(events, some)
    return found


def _summary(events: EventQuerySet) -> Iterable[Any]:
    view = Q(kind=PAGE_VIEW)
    signed_in = Q(member__gt=0, handed_over=False)
    return events.values("visitor").annotate(
        verdict=F("visitor__verdict"),
        reason=F("visitor__verdict_reason"),
        site=Max("site"),
        views=Count("pk", filter=view),
        pages=Count("page", filter=view, distinct=True),
        last_view=Max("at", filter=view),
        beacons=Count("pk", filter=Q(kind__in=_reported_by_pages())),
        deeds=Count("pk", filter=Q(kind__in=only_people())),
        signed_in=Count("pk", filter=signed_in),
        browser=Max(KT("data__browser")),
    )


def _add_times(events: EventQuerySet, some: Sequence[Evidence]) -> None:
    times = defaultdict(list)
    views = events.of_kinds(PAGE_VIEW).filter(visitor__in=[one.visitor for one in some])
    for visitor, at in views.order_by("at").values_list("visitor_id", "at"):
        times[visitor].append(at)
    for one in some:
        one.times = times[one.visitor]


def _chunks(items: Iterable[Evidence]) -> Iterator[list[Evidence]]:
    items = iter(items)
    while some := list(islice(items, CHUNK)):
        yield some


def only_people() -> list[str]:
    """Kinds of event that machines do not bring about."""
    return [kind.slug for kind in event_kinds.values() if kind.only_people]


def _reported_by_pages() -> list[str]:
    """Kinds that nobody but a script on a page records: whoever sends one has run it."""
    return [kind.slug for kind in event_kinds.values() if kind.from_browser is True]


def sites_with_scripts(found: Iterable[Evidence]) -> frozenset[int | None]:
    """Sites whose visitors nearly all run the script, so that it means something not to."""
    busy: Counter[int | None] = Counter()
    loud: Counter[int | None] = Counter()
    for one in found:
        if one.views >= LOUD_VIEWS and one.verdict != Verdict.MACHINE:
            busy[one.site] += 1
            loud[one.site] += bool(one.beacons)
    return frozenset(
        site
        for site, number in busy.items()
        if loud[site] >= LOUD_VISITORS and loud[site] >= LOUD_SHARE * number
    )


def opinion_of(
    one: Evidence, scripted: frozenset[int | None], now: datetime.datetime
) -> tuple[Verdict, Reason] | None:
    """What this alone says of the visitor, or None if it says nothing; the surest sign first."""
    if one.deeds:
        return Verdict.HUMAN, Reason.DEED
    if one.signed_in:
        return Verdict.HUMAN, Reason.SIGNED_IN
    if is_program(one.browser or ""):
        return Verdict.MACHINE, Reason.PROGRAM
    if _is_too_fast(one.times):
        return Verdict.MACHINE, Reason.VELOCITY
    if _is_regular(one):
        return Verdict.MACHINE, Reason.REGULARITY
    if one.beacons:
        return Verdict.HUMAN, Reason.BEACON
    if one.views >= SILENT_VIEWS and one.site in scripted and _is_over(one, now):
        return Verdict.MACHINE, Reason.SILENCE
    return None


def _is_too_fast(times: Sequence[datetime.datetime]) -> bool:
    limits = (
        (crm_settings.machine_views_per_minute, MINUTE),
        (crm_settings.machine_views_per_hour, HOUR),
    )
    return any(
        limit > 0 and any(b - a <= span for a, b in zip(times, times[limit - 1 :], strict=False))
        for limit, span in limits
    )


def _is_regular(one: Evidence) -> bool:
    """Whether the time between two views is always about the same: nobody reads like that."""
    if len(one.times) < REGULAR_VIEWS or one.pages < REGULAR_PAGES:
        return False
    gaps = [(b - a).total_seconds() for a, b in pairwise(one.times)]
    middle = statistics.mean(gaps)
    return middle > 0 and statistics.pstdev(gaps) < REGULAR_SPREAD * middle


def _is_over(one: Evidence, now: datetime.datetime) -> bool:
    return one.last_view is not None and now - one.last_view >= PATIENCE
