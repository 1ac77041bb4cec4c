"""How many members two segments share."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from .models import Membership, Segment

WIDTH = 1000  # units of the drawing


@dataclass(frozen=True)
class Overlap:
    """Members of the first segment alone, of both, and of the second alone."""

    first: int
    both: int
    second: int

    @property
    def total(self) -> int:
        return self.first + self.both + self.second

    @property
    def widths(self) -> tuple[int, int, int]:
        """The parts of a bar of ``WIDTH``, in the same order."""
        total = self.total or 1
        first, second = WIDTH * self.first // total, WIDTH * self.second // total
        return first, (WIDTH - first - second if self.both else 0), second

    @property
    def share_of_first(self) -> int:
        """Of the members of the first segment, the percentage who are in the second as well."""
        return _percent(self.both, self.first + self.both)

    @property
    def share_of_second(self) -> int:
        return _percent(self.both, self.second + self.both)


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def overlap_of(first: Segment, second: Segment) -> Overlap:
    """As they are counted now; one query."""
    one, other = (Membership.objects.filter(segment=each) for each in (first, second))
    found = (
        Segment.objects.filter(pk=first.pk)
        .order_by()
        .values_list(
            _number(one),
            _number(one.filter(member__in=other.values("member"))),
            _number(other),
        )
        .get()
    )
    one_size, both, other_size = found
    return Overlap(one_size - both, both, other_size - both)


def _number(memberships: QuerySet[Membership]) -> Coalesce:
    counted = memberships.order_by().values("segment").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), Value(0))
