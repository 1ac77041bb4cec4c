"""Reads of segments and memberships, in words."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from .models import Membership, Segment  # noqa: F401  # names in the annotations below


class SegmentQuerySet(models.QuerySet["Segment"]):
    def live(self) -> Self:
        """Published segments: those that are kept up to date and can be used."""
        return self.filter(live=True)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_members(self, member_ids: Iterable[int]) -> Self:
        return self.filter(member__in=list(member_ids))

    def of_live_segments(self) -> Self:
        return self.filter(segment__live=True)

    def newest_first(self) -> Self:
        return self.order_by("-entered_at", "-pk")
