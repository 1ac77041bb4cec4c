"""Which segments the people are in who looked at a page, beside the page's editor."""

from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Value
from django.http import HttpRequest

from wagtail_crm.tracking.page_numbers import PageNumbers, PageScope
from wagtail_crm.tracking.querysets import SAMPLED
from wagtail_crm.viewsets import may_look

from .models import Membership, Segment

SHOWN = 8
# Rows in the sample above which the people are estimated: about 25,000 in all. Each of them is
# in many segments, so it is fewer than where views are counted.
MOST_EXACT = 100
# So many of the sample are asked, which stand for 1.28 million: what is drawn is shares of them.
# It also tells PostgreSQL to look up each of them instead of reading every membership there is.
MOST_ASKED = 5_000


def segments_of_people(scope: PageScope, people: int = 0) -> list[tuple[int, str, int]]:
    """(id, name, people) of the live segments most of them are in; one query.

    ``people`` is how many there are, as far as that is known.
    """
    large = scope.is_large(MOST_EXACT)
    totals = scope.totals().of_members().order_by()
    exact = _per_segment(totals.filter(~large).values("member"))
    asked = totals.of_sample().filter(large).values("member").distinct()[:MOST_ASKED]
    sample = _per_segment(asked, worth=max(SAMPLED, people // MOST_ASKED))
    rows = exact.union(sample, all=True).order_by("-people", "segment__name")[:SHOWN]
    return [(pk, name, people * worth) for pk, name, people, worth in rows]


def _per_segment(people: QuerySet[Any, Any], worth: int = 1) -> QuerySet[Any, Any]:
    memberships = Membership.objects.of_live_segments().filter(member__in=people)
    return (
        memberships.order_by()
        .values("segment", "segment__name")
        .annotate(people=Count("pk"), worth=Value(worth, output_field=IntegerField()))
        .values_list("segment", "segment__name", "people", "worth")
    )


def part_of(request: HttpRequest, numbers: PageNumbers) -> dict[str, Any] | None:
    """What the template shows; nothing to somebody who may not know which segments there are."""
    if not numbers.people or not may_look(request.user, Segment):
        return None
    rows = segments_of_people(numbers.scope, numbers.people)
    # Two samples of the same people need not agree.
    most = max([numbers.people, *(people for _pk, _name, people in rows)])
    return {
        "most": most,
        "segments": [(pk, name, people, round(100 * people / most)) for pk, name, people in rows],
    }
