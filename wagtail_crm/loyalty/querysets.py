"""Reads of the books, in words."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Q, Sum

if TYPE_CHECKING:
    from wagtail_crm.members.models import Member

    from .models import Account, EarningRule, Entry  # noqa: F401  # names in annotations below


class EarningRuleQuerySet(models.QuerySet["EarningRule"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def for_kinds(self, kinds: Iterable[str]) -> Self:
        return self.filter(kind__in=list(kinds))

    def in_force(self, moment: datetime.datetime) -> Self:
        """Active, begun and not yet over at ``moment``."""
        not_over = Q(ends_at=None) | Q(ends_at__gt=moment)
        return self.active().filter(not_over, starts_at__lte=moment)


class AccountQuerySet(models.QuerySet["Account"]):
    def of_members(self, member_ids: Iterable[int]) -> Self:
        return self.filter(member__in=list(member_ids))

    def total(self) -> int:
        """Points that members hold together."""
        return self.aggregate(total=Sum("balance"))["total"] or 0


class EntryQuerySet(models.QuerySet["Entry"]):
    def of_member(self, member: "Member") -> Self:
        return self.filter(account__member=member)

    def for_event(self, event_id: UUID) -> Self:
        """What one event earned."""
        return self.filter(event_id=event_id)

    def with_details(self) -> Self:
        """With what a history shows of each."""
        return self.select_related("counterpart", "staff")

    def newest_first(self) -> Self:
        return self.order_by("-pk")

    def total(self) -> int:
        return self.aggregate(total=Sum("amount"))["total"] or 0
