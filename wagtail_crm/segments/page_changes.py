"""Pages that move, go, or get other tags: what members did there means something else then."""

import logging
from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

import swapper
from django.db import OperationalError
from django.utils import timezone

from wagtail_crm.tracking.models import DailyTotal

from .actions import mark_changed, refresh_asked
from .compiled import CompiledSegment, live_segments
from .incremental import MANY
from .models import Segment
from .pages import facts_of_pages
from .rules.person import Reads, families

logger = logging.getLogger(__name__)


def concerned(page_id: int) -> set[int]:
    """Ids of the live segments for which it counts, as it is now, what was done on this page."""
    live = live_segments()
    if not any(segment.reads.pages or segment.reads.of_pages for segment in live):
        return set()
    facts = facts_of_pages([page_id]).get(page_id)
    if facts is None:
        return set()
    above = _ids_above(facts.path)
    return {
        segment.pk
        for segment in live
        if segment.reads.pages & above or segment.reads.of_pages & facts.traits
    }


def asking_for_tag(name: str = "") -> set[int]:
    """Ids of the live segments that ask for pages with this tag; with any tag."""
    return {segment.pk for segment in live_segments() if _asks(segment, name)}


def _asks(segment: CompiledSegment, tag: str) -> bool:
    asked = segment.reads.of_pages
    return f"tag.{tag}" in asked if tag else "tag" in families(asked)


def _ids_above(path: str) -> set[int]:
    """The page of this path, and those above it."""
    pages = swapper.load_model("wagtailcore", "Page")
    ends = range(pages.steplen, len(path) + 1, pages.steplen)
    rows = pages.objects.filter(path__in=[path[:end] for end in ends]).order_by()
    return set(rows.values_list("pk", flat=True))


def ask_again(*, page_id: int, segment_ids: Collection[int]) -> list[int]:
    """After the change: these segments ask about those who were there.

    Where they are many, or the database is busy, the segments wait to be counted anew instead;
    returns their ids.
    """
    live = live_segments()
    some = [segment for segment in live if segment.pk in segment_ids]
    kinds = reduce(or_, (segment.reads for segment in some), Reads()).kinds
    totals = DailyTotal.objects.of_members().filter(page=page_id, kind__in=kinds)
    found = totals.order_by().values_list("member", flat=True).distinct()
    try:
        member_ids = set(found[: MANY + 1])
        if len(member_ids) <= MANY:
            refresh_asked(live, {segment.pk: member_ids for segment in some})
            return []
    except OperationalError:
        logger.exception("Segments that depend on page %s are counted anew later.", page_id)
    return mark_changed(segments=Segment.objects.filter(pk__in=segment_ids))


def forget_places(*, parent: Any) -> None:
    """Pages below this one have other places in the tree: rules that name them are read anew.

    Who is in their segments does not change by that.
    """
    segments = Segment.objects.naming_what_is_below(parent)
    segments.update(changed_at=timezone.now())
