"""Reads of the books, in words."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.products import PURCHASE, PURCHASE_ITEM

if TYPE_CHECKING:
    from .models import Account, EarningRule, Entry, Rank  # noqa: F401  # names in annotations below


# Kinds of the other side of entries: earned by rules, and given or taken by hand. Who spends
# points, or loses them at the end, has earned them all the same.
COUNT_FOR_RANK = ("issued", "adjusted")


class EarningRuleQuerySet(models.QuerySet["EarningRule"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def for_kinds(self, kinds: Iterable[str]) -> Self:
        return self.filter(kind__in=list(kinds))

    def in_force(self, moment: datetime.datetime) -> Self:
        """Active, begun and not yet over at ``moment``."""
        not_over = Q(ends_at=None) | Q(ends_at__gt=moment)
        return self.active().filter(not_over, starts_at__lte=moment)

    def doubling(self, rule: "EarningRule") -> Self:
        """Those that give points for the amount of an order for which ``rule`` gives them, too.

        One counts the order, the other each product in it. A rule for a page rewards some products
        on purpose.
        """
        other = {PURCHASE: PURCHASE_ITEM, PURCHASE_ITEM: PURCHASE}.get(rule.kind)
        if other is None or not (rule.is_active and rule.per_value) or rule.page_id:
            return self.none()
        meets = Q(ends_at=None) | Q(ends_at__gt=rule.starts_at)
        if rule.ends_at:
            meets &= Q(starts_at__lt=rule.ends_at)
        return self.active().filter(meets, kind=other, page=None).exclude(per_value=None)


class RankQuerySet(models.QuerySet["Rank"]):
    def in_use(self) -> Self:
        """Without those that were given up."""
        return self.filter(is_ending=False)

    def with_sizes(self) -> Self:
        """With ``size``, how many members have each."""
        accounts: Any = self.model.accounts.field.model.objects  # type: ignore[attr-defined]
        mine = accounts.filter(rank=OuterRef("pk")).order_by().values("rank")
        number = Subquery(mine.values(number=Count("pk")), output_field=IntegerField())
        return self.annotate(size=Coalesce(number, 0))


class AccountQuerySet(models.QuerySet["Account"]):
    def of_members(self, member_ids: Iterable[int]) -> Self:
        return self.filter(member__in=list(member_ids))

    def of_present_members(self) -> Self:
        """Of those who did not leave."""
        return self.filter(member__in=Member.objects.present())

    def ranked(self) -> Self:
        return self.filter(rank__isnull=False)

    def rank_due(self, day: datetime.date) -> Self:
        """Whose rank may be another by ``day``, as time has passed."""
        return self.filter(rank_until__lte=day)

    def locked(self) -> Self:
        """In one order, so that workers wait for each other instead of in a circle."""
        return self.order_by("pk").select_for_update(of=("self",))

    def total(self) -> int:
        """Points that members hold together."""
        return self.aggregate(total=Sum("balance"))["total"] or 0


class EntryQuerySet(models.QuerySet["Entry"]):
    def of_member(self, member: "Member") -> Self:
        return self.filter(account__member=member)

    def for_event(self, event_id: UUID) -> Self:
        """What one event earned."""
        return self.filter(event_id=event_id)

    def counting_for_ranks(self, since: datetime.datetime | None) -> Self:
        """What counts towards a rank, of that time on; None: whenever it was."""
        counting = self.filter(counterpart__kind__in=COUNT_FOR_RANK)
        return counting if since is None else counting.filter(at__gte=since)

    def with_details(self) -> Self:
        """With what a history shows of each."""
        return self.select_related("counterpart", "staff")

    def newest_first(self) -> Self:
        return self.order_by("-pk")

    def total(self) -> int:
        return self.aggregate(total=Sum("amount"))["total"] or 0
