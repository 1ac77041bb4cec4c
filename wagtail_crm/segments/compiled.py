"""Live segments as rule trees, read from the database once per change and kept by the process."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.utils.translation import gettext

from .interests import Interests
from .models import Segment, segment_field
from .rules.base import Broken, Dependencies, Rule
from .rules.blocks import group_of
from .rules.groups import Group
from .rules.person import Reads

logger = logging.getLogger(__name__)

# Members who left are in no segment, and new members have to be looked at by every one.
ALWAYS = Dependencies(fields=frozenset({"status"}))

Stamp = tuple[tuple[int, Any], ...]


@dataclass(frozen=True)
class CompiledSegment:
    """A live segment, ready to be asked."""

    pk: int
    rule: Rule
    dependencies: Dependencies

    @property
    def field(self) -> str:
        return segment_field(self.pk)

    @cached_property
    def reads(self) -> Reads:
        return self.rule.reads()

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

    def __iter__(self) -> Iterator[CompiledSegment]:
        return iter(self.segments)

    @cached_property
    def interests(self) -> Interests:
        """Which of them an event concerns."""
        return Interests({segment.pk: segment.rule.interests() for segment in self.segments})

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


def live_segments() -> LiveSegments:
    """Every live segment. One small query when nothing changed."""
    global _kept
    described = Segment.objects.live().by_rules()
    stamp: Stamp = tuple(described.order_by("pk").values_list("pk", "changed_at"))
    kept = _kept
    if kept.stamp != stamp:
        segments = Segment.objects.live().filter(pk__in=[pk for pk, _changed in stamp])
        _kept = kept = LiveSegments(stamp, _compile(segments.order_by("pk")))
    return kept


def rules_of(segments: Sequence[Segment]) -> dict[int, Group]:
    """The rule trees of many segments; the number of queries does not grow with theirs."""
    if not segments:
        return {}
    block = Segment._meta.get_field("rules").stream_block
    streams = block.bulk_to_python([segment.rules.get_prep_value() for segment in segments])
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


def _compile(segments: Iterable[Segment]) -> tuple[CompiledSegment, ...]:
    compiled = [
        CompiledSegment(pk, rule, rule.dependencies() | ALWAYS)
        for pk, rule in rules_of(list(segments)).items()
    ]
    while True:
        try:
            return tuple(_in_dependency_order(compiled))
        except CycleError as error:
            # The editor refuses cycles; two people publishing at once can still make one.
            compiled = _without_cycle(compiled, set(error.args[1]))


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
