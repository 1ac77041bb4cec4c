"""Live segments as rule trees, read from the database once per change and kept by the process."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.utils.translation import gettext

from .models import Segment, segment_field
from .rules.base import Broken, Dependencies
from .rules.blocks import group_of
from .rules.groups import Group

logger = logging.getLogger(__name__)

# Members who left are in no segment, and new members have to be looked at by every one.
ALWAYS = Dependencies(fields=frozenset({"status"}))

Stamp = tuple[tuple[int, Any], ...]


@dataclass(frozen=True)
class CompiledSegment:
    """A live segment, ready to be asked."""

    pk: int
    rule: Group
    dependencies: Dependencies

    @property
    def field(self) -> str:
        return segment_field(self.pk)

    def touched_by(self, kinds: Iterable[str], fields: Iterable[str]) -> bool:
        return self.dependencies.touched_by(kinds, fields)


_kept: tuple[Stamp, tuple[CompiledSegment, ...]] | None = None


def live_segments() -> tuple[CompiledSegment, ...]:
    """Every live segment, each after those that its rules name. One small query when unchanged."""
    global _kept
    described = Segment.objects.live().by_rules()
    stamp: Stamp = tuple(described.order_by("pk").values_list("pk", "changed_at"))
    kept = _kept
    if kept is None or kept[0] != stamp:
        segments = Segment.objects.live().filter(pk__in=[pk for pk, _changed in stamp])
        _kept = kept = (stamp, _compile(segments.order_by("pk")))
    return kept[1]


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
