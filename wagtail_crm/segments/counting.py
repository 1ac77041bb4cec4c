"""How many would be in a segment, and who, before anything is saved."""

from dataclasses import dataclass

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.models import Member

from .evaluation import matching
from .patience import no_longer_than
from .rules.groups import Group

SAMPLE = 10


@dataclass(frozen=True)
class Count:
    """``size`` members of the ``total`` in the list match; ``sample`` are the newest of them."""

    size: int
    total: int
    sample: list[Member]

    @property
    def percent(self) -> int:
        """Share of the list, rounded; 0 also stands for less than half a percent."""
        return round(100 * self.size / self.total) if self.total else 0


def count(rule: Group) -> Count:
    """Ask the whole list now. Three questions; raises ``TookTooLong`` when one takes too long."""
    with no_longer_than(crm_settings.count_timeout):
        members = matching(rule)
        return Count(
            size=members.count(),
            total=Member.objects.present().count(),
            sample=list(members.order_by("-pk")[:SAMPLE]),
        )
