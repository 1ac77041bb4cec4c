"""A member's timeline: the event log as sentences, newest first, by day."""

import datetime
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst

from wagtail_crm.members.models import Member

from .events import NO_PAGE
from .kinds import EventKind, event_kinds
from .measured_kinds import duration
from .models import Event

# Events read at a time; repeats fold, so fewer lines are drawn.
PAGE_SIZE = 60
FOLDABLE = {"page_view"}
FILM = {"video_progress", "video_completed"}


@dataclass(frozen=True)
class Entry:
    """One line: what happened, when, where to look at it; ``count`` > 1 for folded repeats.

    ``seconds`` is how long somebody stayed on the page they viewed, 0 where that is not known.
    """

    kind: EventKind
    details: str
    at: datetime.datetime
    address: str
    device: str
    key: tuple[str, int | None, str, bool]
    count: int = 1
    uncounted: bool = False
    seconds: int = 0

    @property
    def stay(self) -> str:
        return duration(self.seconds) if self.seconds else ""


@dataclass(frozen=True)
class Cursor:
    """The last event of a page of the timeline; the next page begins below it."""

    at: datetime.datetime
    id: uuid.UUID

    def __str__(self) -> str:
        return f"{self.at.astimezone(datetime.UTC):%Y%m%dT%H%M%S%f}-{self.id.hex}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor that ``str`` wrote, or None for anything else."""
        moment, _dash, number = text.partition("-")
        try:
            at = datetime.datetime.strptime(moment, "%Y%m%dT%H%M%S%f")
            return cls(at.replace(tzinfo=datetime.UTC), uuid.UUID(hex=number))
        except ValueError:
            return None


@dataclass(frozen=True)
class Timeline:
    """One page of it: lines by day in the active time zone; ``older`` is "" at the end."""

    days: list[tuple[datetime.date, list[Entry]]]
    older: str


def hidden_from(user: Any) -> frozenset[str]:
    """The kinds of event that this colleague may not read of."""
    return frozenset(
        slug
        for slug, kind in event_kinds.items()
        if kind.permission and not user.has_perm(kind.permission)
    )


def groups(hidden: Collection[str] = ()) -> dict[str, str]:
    """The filters: a name for the address, and the label, of each group of kinds."""
    found: dict[str, str] = {}
    for kind in event_kinds.values():
        if kind.slug in hidden:
            continue
        if kind.group and str(kind.group) not in found.values():
            found[kind.slug] = str(kind.group)
    return found


def kinds_of(group: str) -> list[str]:
    """The kinds in the group that :func:`groups` names so; all of them for ""."""
    label = groups().get(group)
    return [kind.slug for kind in event_kinds.values() if label is None or str(kind.group) == label]


def timeline_of(
    member: Member,
    *,
    group: str = "",
    words: str = "",
    before: Cursor | None = None,
    hidden: Collection[str] = (),
) -> Timeline:
    """A page of the member's timeline, in two queries, however much they did.

    Without the kinds that are ``hidden`` from who looks.
    """
    events = Event.objects.of_member(member)
    if left_out := {*hidden, *_unlisted()}:
        events = events.exclude(kind__in=left_out)
    if group:
        events = events.of_kinds(*kinds_of(group))
    if words:
        events = events.mentioning(words, _kinds_called(words))
    if before:
        events = events.after_in_list(before.at, before.id)
    newest = list(events.newest_first().prefetch_related("page")[: PAGE_SIZE + 1])
    shown = newest[:PAGE_SIZE]
    older = Cursor(shown[-1].at, shown[-1].id) if len(newest) > PAGE_SIZE else ""
    return Timeline(_by_day(_entries(shown)), str(older))


def _kinds_called(words: str) -> list[str]:
    return [kind.slug for kind in event_kinds.values() if words in str(kind.label)]


def _unlisted() -> Iterator[str]:
    return (kind.slug for kind in event_kinds.values() if not kind.listed)


def _stays(events: Sequence[Event]) -> dict[uuid.UUID, int]:
    """Seconds by the view to which they belong, and 0 by each stay that is told there."""
    views: dict[tuple[int, uuid.UUID | None], uuid.UUID] = {}
    found: dict[uuid.UUID, int] = {}
    for event in reversed(events):
        place = (event.page_id or NO_PAGE, event.visitor_id)
        if event.kind == "page_view":
            views[place] = event.pk
        elif event.kind == "engagement" and place in views:
            found[views[place]] = found.get(views[place], 0) + int(event.value or 0)
            found[event.pk] = 0
    return found


def _overtaken(events: Sequence[Event]) -> set[uuid.UUID]:
    """Of a film that was watched in one view of its page only how far somebody came is told."""
    further: dict[tuple[Any, ...], set[str]] = {}
    found = set()
    for event in events:
        place = (event.page_id, event.visitor_id)
        if event.kind == "page_view":
            further.pop(place, None)
        elif event.kind in FILM:
            films = further.setdefault(place, set())
            if event.subject in films:
                found.add(event.pk)
            films.add(event.subject)
    return found


def _entries(events: Sequence[Event]) -> Iterator[Entry]:
    stays = _stays(events)
    told_elsewhere = _overtaken(events) | {pk for pk, seconds in stays.items() if not seconds}
    for event in events:
        if event.pk in told_elsewhere:
            continue
        kind = event_kinds.get(event.kind) or EventKind(event.kind, capfirst(event.kind))
        yield Entry(
            kind=kind,
            details=kind.details(event),
            at=timezone.localtime(event.at),
            address=kind.address(event),
            device=event.data.get("device", ""),
            key=(event.kind, event.page_id, event.subject, event.uncounted),
            uncounted=event.uncounted,
            seconds=stays.get(event.pk, 0),
        )


def _by_day(entries: Iterable[Entry]) -> list[tuple[datetime.date, list[Entry]]]:
    return [
        (day, list(_folded(entries)))
        for day, entries in groupby(entries, key=lambda entry: entry.at.date())
    ]


def _folded(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Repeats of one page one after another become one line, the newest, with their number."""
    for key, same in groupby(entries, key=lambda entry: entry.key):
        repeats = list(same)
        if key[0] in FOLDABLE:
            seconds = sum(each.seconds for each in repeats)
            yield replace(repeats[0], count=len(repeats), seconds=seconds)
        else:
            yield from repeats
