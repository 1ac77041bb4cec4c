"""Live segments as rule trees, read from the database once per change and kept by the process."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext

from .interests import Interests
from .models import Segment, segment_field
from .pages import facts_of_pages
from .rules.base import Broken, Dependencies, Detail, Rule
from .rules.blocks import group_of
from .rules.groups import Group
from .rules.person import PageFacts, Reads, families
from .rules.reading import read_together
from .rules.visit import MixedVisit, split

logger = logging.getLogger(__name__)

# Members who left are in no segment, and new members have to be looked at by every one.
ALWAYS = Dependencies(fields=frozenset({"status"}))
# Holds for no member: of segments that are only about the visit.
NOBODY = Group("none", (Group("all", ()),))

Stamp = tuple[tuple[int, Any], ...]
Fingerprint = tuple[int, int, Any]


@dataclass(frozen=True)
class CompiledSegment:
    """A live segment, ready to be asked.

    ``rule`` is about people and decides membership; ``visit`` is asked on each request besides,
    None when nothing is. ``is_for_anyone``: only the visit matters, and there is no membership.
    """

    pk: int
    rule: Rule
    dependencies: Dependencies
    visit: Rule | None = None
    is_for_anyone: bool = False

    @property
    def field(self) -> str:
        return segment_field(self.pk)

    @cached_property
    def reads(self) -> Reads:
        return self.rule.reads()

    @cached_property
    def works(self) -> bool:
        """Whether nothing that its rules name is missing; nobody matches else."""
        return not self.rule.problems()

    @cached_property
    def follows(self) -> bool:
        """Whether its rules name other segments."""
        return "segment" in families(self.dependencies.fields)

    @cached_property
    def only_in_sql(self) -> bool:
        return self.rule.only_in_sql

    def touched_by(self, kinds: Iterable[str], fields: Iterable[str]) -> bool:
        return self.dependencies.touched_by(kinds, fields)


@dataclass(frozen=True)
class LiveSegments:
    """Every live segment, each after those that its rules name."""

    stamp: Stamp = ()
    segments: tuple[CompiledSegment, ...] = ()
    in_circles: frozenset[int] = frozenset()

    def __iter__(self) -> Iterator[CompiledSegment]:
        return iter(self.segments)

    @cached_property
    def changed_at(self) -> Mapping[int, Any]:
        """When the rules that were read here became what they are."""
        return dict(self.stamp)

    def only(self, segment_id: int) -> "LiveSegments":
        """One of them, which then has no followers."""
        stamp = tuple(each for each in self.stamp if each[0] == segment_id)
        return LiveSegments(stamp, (self.by_id[segment_id],))

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """Differs when a segment comes, goes or changes; see ``SegmentQuerySet.fingerprint``."""
        moments = [changed_at for _pk, changed_at in self.stamp]
        return len(moments), sum(pk for pk, _changed in self.stamp), max(moments, default=None)

    @cached_property
    def by_id(self) -> Mapping[int, CompiledSegment]:
        return {segment.pk: segment for segment in self.segments}

    @cached_property
    def interests(self) -> Interests:
        """Which of them an event concerns."""
        return Interests({segment.pk: segment.rule.interests() for segment in self.segments})

    @cached_property
    def ask_about_visits(self) -> bool:
        """Whether any of them asks something of the visit."""
        return any(segment.visit for segment in self.segments)

    @cached_property
    def details(self) -> frozenset[Detail]:
        """What they compare in the data of events."""
        return frozenset().union(*(segment.rule.details() for segment in self.segments))

    @cached_property
    def pages(self) -> dict[int, PageFacts]:
        """The pages that rules mean with all that is below."""
        named = frozenset().union(*(segment.reads.pages for segment in self.segments))
        return facts_of_pages(named)

    @cached_property
    def followers(self) -> Mapping[int, frozenset[int]]:
        """The segments whose rules name a segment."""
        known = {segment.field: segment for segment in self.segments}
        followers: dict[int, set[int]] = defaultdict(set)
        for segment in self.segments:
            for named in _named(segment, known):
                followers[named].add(segment.pk)
        return {pk: frozenset(names) for pk, names in followers.items()}


_kept = LiveSegments()
_looked_at = float("-inf")
# Seconds for which a page believes what its process read.
FRESH_FOR = 5.0


def lately_live_segments() -> LiveSegments:
    """As :func:`live_segments`, for pages: a few seconds old at most, and older than nothing."""
    global _looked_at
    if time.monotonic() - _looked_at > FRESH_FOR:
        try:
            if Segment.objects.live().by_rules().fingerprint() == _kept.fingerprint:
                _looked_at = time.monotonic()
            else:
                live_segments()
        except DatabaseError:
            logger.exception("Pages go on with the segments that were read last.")
    return _kept


def live_segments() -> LiveSegments:
    """Every live segment. One small query when nothing changed."""
    global _kept, _looked_at
    described = Segment.objects.live().by_rules()
    stamp: Stamp = tuple(described.order_by("pk").values_list("pk", "changed_at"))
    kept = _kept
    if kept.stamp != stamp:
        segments = Segment.objects.live().filter(pk__in=[pk for pk, _changed in stamp])
        _kept = kept = LiveSegments(stamp, *_compile(segments.order_by("pk")))
    _looked_at = time.monotonic()
    return kept


def rules_of(segments: Sequence[Segment]) -> dict[int, Group]:
    """The rule trees of many segments; the number of queries does not grow with theirs."""
    if not segments:
        return {}
    block = Segment._meta.get_field("rules").stream_block
    raw = [segment.rules.get_prep_value() for segment in segments]
    with read_together(block, raw):
        streams = block.bulk_to_python(raw)
    return {
        segment.pk: _group_of(segment, stream)
        for segment, stream in zip(segments, streams, strict=True)
    }


def _group_of(segment: Segment, stream: Any) -> Group:
    try:
        return group_of(segment.match, stream)
    except Exception:  # a rule of another room must not stop the other segments
        logger.exception("The rules of segment %s cannot be read.", segment.pk)
        return Group("all", (Broken(gettext("The rules cannot be read.")),))


def _compile(segments: Iterable[Segment]) -> tuple[tuple[CompiledSegment, ...], frozenset[int]]:
    """In dependency order, and the ids of those that are in circles."""
    compiled = [_compiled(pk, rule) for pk, rule in rules_of(list(segments)).items()]
    in_circles: set[int] = set()
    while True:
        try:
            return tuple(_in_dependency_order(compiled)), frozenset(in_circles)
        except CycleError as error:
            # The editor refuses cycles; two people publishing at once can still make one.
            in_circles |= set(error.args[1])
            compiled = _without_cycle(compiled, set(error.args[1]))


def _compiled(pk: int, rule: Rule) -> CompiledSegment:
    try:
        people, visit = split(rule)
    except MixedVisit as error:
        return CompiledSegment(pk, Broken(str(error)), ALWAYS)
    if people is None:
        return CompiledSegment(pk, NOBODY, ALWAYS, visit, is_for_anyone=True)
    return CompiledSegment(pk, people, people.dependencies() | ALWAYS, visit)


def _in_dependency_order(segments: list[CompiledSegment]) -> Iterable[CompiledSegment]:
    by_field = {segment.field: segment for segment in segments}
    graph = {segment.pk: _named(segment, by_field) for segment in segments}
    by_pk = {segment.pk: segment for segment in segments}
    return [by_pk[pk] for pk in TopologicalSorter(graph).static_order()]


def _named(segment: CompiledSegment, by_field: dict[str, CompiledSegment]) -> set[int]:
    return {by_field[name].pk for name in segment.dependencies.fields if name in by_field}


def _without_cycle(segments: list[CompiledSegment], cycle: set[int]) -> list[CompiledSegment]:
    logger.error("Segments %s name each other in a circle; they stay empty.", sorted(cycle))
    broken = Group("all", (Broken(gettext("Segments name each other in a circle.")),))
    return [
        CompiledSegment(segment.pk, broken, ALWAYS) if segment.pk in cycle else segment
        for segment in segments
    ]
