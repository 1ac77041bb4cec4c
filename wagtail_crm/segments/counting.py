"""How many would be in a segment, and who, before anything is saved."""

import random
from dataclasses import dataclass
from math import ceil, floor, log10, sqrt

from django.db import models

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.patience import no_longer_than

from .evaluation import matching
from .planning import answered_as_sets
from .rules.base import Scope
from .rules.groups import Group

SAMPLE = 10
# Members who are asked for an estimate; its margin is then at most 1.4 % of the list.
ASKED = 5_000
# Of twenty estimates, nineteen are this near (in standard errors).
NEARNESS = 1.96


@dataclass(frozen=True)
class Count:
    """``size`` members of the ``total`` in the list match; ``sample`` are the newest of them.

    An estimate is ``margin`` off at most, nineteen times of twenty; 0 is an exact number.
    """

    size: int
    total: int
    sample: list[Member]
    margin: int = 0

    @property
    def percent(self) -> int:
        """Share of the list, rounded; 0 also stands for less than half a percent."""
        return round(100 * self.size / self.total) if self.total else 0


def count(rule: Group, *, seconds: float | None = None, asker: str = "") -> Count:
    """Ask the whole list now. Three questions; raises ``TookTooLong`` when one takes too long.

    ``asker`` names who asks: what they asked before is cut off, because nobody waits for it.
    """
    seconds = crm_settings.count_timeout if seconds is None else seconds
    with no_longer_than(min(seconds, crm_settings.count_timeout), asker):
        # How many and who of one question: it is the one that takes long.
        numbered = matching(rule).annotate(size=models.Window(models.Count("pk"))).order_by("-pk")
        with answered_as_sets(numbered.db):
            newest = list(numbered.values_list("pk", "size")[:SAMPLE])
        return Count(
            size=newest[0][1] if newest else 0,
            total=Member.objects.present().count(),
            sample=list(Member.objects.filter(pk__in=[pk for pk, _size in newest]).order_by("-pk")),
        )


def estimate(rule: Group, *, asker: str = "") -> Count:
    """Ask some members, chosen by chance, and conclude from them. Raises ``TookTooLong``."""
    with no_longer_than(crm_settings.count_timeout, asker):
        scope = Scope(member_ids=_some_members())
        total = Member.objects.present().count()
        asked = scope.only(Member.objects.present(), "pk").count()
        members = matching(rule, scope)
        size, margin = _conclude(members.count(), asked, total)
        return Count(size, total, list(members.order_by("-pk")[:SAMPLE]), margin)


def _some_members() -> tuple[int, ...]:
    """Ids that may exist. The same each time, so that the number does not move by itself."""
    ends = Member.objects.aggregate(first=models.Min("pk"), last=models.Max("pk"))
    ids = range(ends["first"] or 0, (ends["last"] or 0) + 1)
    return tuple(sorted(random.Random(ASKED).sample(ids, min(ASKED, len(ids)))))  # noqa: S311


def _conclude(found: int, asked: int, total: int) -> tuple[int, int]:
    """(size, margin), rounded to what is known (Agresti and Coull 1998, adjusted Wald)."""
    share = (found + 2) / (asked + 4)
    margin = NEARNESS * sqrt(share * (1 - share) / (asked + 4)) * total
    step = 10 ** max(floor(log10(margin)) - 1, 0) if margin else 1
    size = found / asked * total if asked else 0
    return round(size / step) * step, ceil(margin / step) * step
