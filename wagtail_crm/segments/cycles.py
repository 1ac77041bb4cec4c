"""Segments that name each other in a circle could never be counted."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext
from wagtail.models import ReferenceIndex

from .compiled import lately_live_segments
from .models import Segment


def cycle_text(segment_id: int | None, name: str, stream: Any) -> str:
    """Why a segment may not have these rules, naming the circle; "" when it may."""
    if segment_id is None:  # nothing can name it yet
        return ""
    path = _way_back(segment_id, _named_in(stream))
    if path is None:
        return ""
    names = {**dict(Segment.objects.filter(pk__in=path).values_list("pk", "name"))}
    names[segment_id] = name
    circle = gettext(" → ").join(
        gettext("“%(segment)s”") % {"segment": names.get(pk, "?")}
        for pk in [segment_id, *path, segment_id]
    )
    text = gettext("A segment cannot depend on itself: %(circle)s. Remove one of these rules.")
    return text % {"circle": circle}


def circles_of(segments: Iterable[Segment]) -> defaultdict[int, list[str]]:
    """What is wrong with published segments that keep each other empty, by their ids.

    The editor refuses circles. They come about when two people publish at once, or when a
    site's own code publishes a version later.
    """
    in_circles = lately_live_segments().in_circles
    found = defaultdict(list)
    for segment in segments:
        if segment.pk in in_circles:
            circle = cycle_text(segment.pk, segment.name, segment.rules)
            found[segment.pk].append(circle or gettext("Segments name each other in a circle."))
    return found


def _named_in(stream: Any) -> set[int]:
    """Ids of the segments that rules name, at any depth."""
    block = Segment._meta.get_field("rules").stream_block
    references = block.extract_references(stream)
    return {int(pk) for model, pk, *_paths in references if model is Segment}


def _way_back(segment_id: int, start: set[int]) -> list[int] | None:
    """The segments on a way from those in ``start`` to ``segment_id``, which itself is left out."""
    named_by = _graph()
    ways: list[list[int]] = [[pk] for pk in sorted(start)]
    seen: set[int] = set()
    while ways:
        way = ways.pop(0)
        if way[-1] == segment_id:
            return way[:-1]
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, pk] for pk in sorted(named_by[way[-1]])]
    return None


def _graph() -> dict[int, set[int]]:
    """Which segments each saved segment names."""
    content_type = ReferenceIndex._get_base_content_type(Segment)
    rows = ReferenceIndex.objects.filter(
        base_content_type=content_type, to_content_type=content_type
    )
    graph: dict[int, set[int]] = defaultdict(set)
    for source, target in rows.values_list("object_id", "to_object_id"):
        graph[int(source)].add(int(target))
    return graph
