"""In which segments somebody is while they visit: membership, and what the visit itself says.

Members have their memberships in the snapshot. For browsers that agreed to be remembered the
rules are asked of what they did lately. What a segment says of the visit is asked of the request,
and only of segments that the page names.
"""

import datetime
import uuid
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language

from wagtail_crm.tracking.context import Crm
from wagtail_crm.tracking.devices import device_of
from wagtail_crm.tracking.touches import touch_of_visit

from .compiled import CompiledSegment, lately_live_segments
from .histories import NO_HISTORY, History, history_of
from .rules.base import Rule
from .rules.person import PageTree, Person, person_facts
from .rules.visit import Visit

# Draws of those who have no id draw them all alike.
NOT_KNOWN = uuid.UUID(int=0)
# Somebody who was here so long ago is back.
NEW_VISIT_AFTER = datetime.timedelta(minutes=30)


class RequestVisit(Visit):
    """The visit of ``request.crm``. What is asked of it makes the response theirs alone."""

    def __init__(self, crm: Crm, visitor: "VisitorFacts") -> None:
        self._crm = crm
        self._visitor = visitor

    @property
    def device(self) -> Mapping[str, str]:
        self._crm.varies_by_device = True
        return device_of(self._crm.user_agent)

    @cached_property
    def touch(self) -> Mapping[str, str]:
        self._crm.is_private = True
        return touch_of_visit(self._crm)

    @property
    def parameters(self) -> Mapping[str, str]:
        return self._crm.request.GET

    @cached_property
    def now(self) -> datetime.datetime:
        self._crm.is_private = True
        return timezone.localtime(timezone=timezone.get_default_timezone())

    @property
    def is_returning(self) -> bool:
        self._crm.is_private = True
        return bool(self._crm.member_id) or self._visitor.was_here_before

    @property
    def page_path(self) -> str:
        return getattr(self._crm.page, "path", "")

    @property
    def country(self) -> str:
        return self._crm.country

    @property
    def language(self) -> str:
        return get_language() or ""


class VisitorFacts:
    """What is known of a browser without an account, read once and only when it is asked for."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm

    @cached_property
    def history(self) -> History:
        visitor_id = self._crm.visitor_id
        return NO_HISTORY if visitor_id is None else history_of(visitor_id)

    @property
    def was_here_before(self) -> bool:
        first = self.history.first_seen_at
        return first is not None and timezone.now() - first > NEW_VISIT_AFTER

    def person(self, segments: Set[int]) -> Person:
        """As rules ask them; ``segments`` answers in which other segments they are."""
        self._crm.is_private = True
        facts = {slug: fact.nothing() for slug, fact in person_facts.items()}
        return Person(
            pk=0,
            uuid=self._crm.visitor_id or NOT_KNOWN,
            now=timezone.now(),
            language=get_language() or "",
            totals=self.history.totals,
            events=self.history.deeds,
            pages=PageTree({**self.history.pages, **lately_live_segments().pages}),
            facts=facts | {"segment": segments},
        )


class SegmentsOfVisit(Set[int]):
    """The segments somebody is in now; each is decided when a page asks for it."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self._stored = frozenset(crm.part("segments", ()))
        self._visitor = VisitorFacts(crm)
        self._decided: dict[int, bool] = {}

    def __contains__(self, segment_id: object) -> bool:
        if not isinstance(segment_id, int):
            return False
        if segment_id not in self._decided:
            self._decided[segment_id] = self._decide(segment_id)
        return self._decided[segment_id]

    def __iter__(self) -> Iterator[int]:
        known = {segment.pk for segment in lately_live_segments()} | self._stored
        return (segment_id for segment_id in sorted(known) if segment_id in self)

    def __len__(self) -> int:
        return sum(1 for _segment in self)

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> frozenset[Any]:
        return frozenset(it)

    def _decide(self, segment_id: int) -> bool:
        segment = lately_live_segments().by_id.get(segment_id)
        if segment is None:
            return segment_id in self._stored
        return self._is_meant(segment) and self._fits(segment.visit)

    def _is_meant(self, segment: CompiledSegment) -> bool:
        if segment.is_for_anyone or segment.pk in self._stored:
            return True
        if self._crm.member_id or not self._crm.may_track or segment.rule.problems():
            return False
        return segment.rule.holds(self._person)

    @cached_property
    def _person(self) -> Person:
        return self._visitor.person(self)

    def _fits(self, rule: Rule | None) -> bool:
        if rule is None:
            return True
        visit = RequestVisit(self._crm, self._visitor)
        return rule.holds(Person(pk=self._crm.member_id, now=timezone.now(), visit=visit))


def segments_of_visit(crm: Crm) -> Set[int]:
    """The segments of who is looking; in a preview those that were chosen, whatever the visit."""
    if getattr(crm.request, "crm_preview", None) is not None:
        return frozenset(crm.part("segments", ()))
    return SegmentsOfVisit(crm)
