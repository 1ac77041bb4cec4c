"""Reads of the log and its totals, in words."""

import datetime
from typing import TYPE_CHECKING, Self

import swapper
from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from .events import NO_PAGE, NOBODY

if TYPE_CHECKING:
    from wagtail_crm.members.models import Member

    from .models import DailyTotal, Event, Visitor  # noqa: F401  # names in the annotations below


class EventQuerySet(models.QuerySet["Event"]):
    def of_member(self, member: "Member") -> Self:
        return self.filter(member=member)

    def of_kinds(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)

    def about(self, subject: str) -> Self:
        return self.filter(subject=subject)

    def newest_first(self) -> Self:
        return self.order_by("-at", "-id")

    def before(self, moment: datetime.datetime) -> Self:
        return self.filter(at__lt=moment)

    def without_owner(self) -> Self:
        """Events of browsers that nobody has logged in on yet."""
        return self.filter(member=NOBODY)


class DailyTotalQuerySet(models.QuerySet["DailyTotal"]):
    def of_kinds(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)

    def of_members(self) -> Self:
        """Totals of people in the list; anonymous visits share one nameless row."""
        return self.exclude(member=NOBODY)

    def on_pages(self) -> Self:
        return self.exclude(page=NO_PAGE)

    def in_last_days(self, days: int, today: datetime.date | None = None) -> Self:
        """``today`` and the ``days`` - 1 days before it."""
        today = today or timezone.localdate()
        return self.filter(day__gt=today - datetime.timedelta(days=days), day__lte=today)

    def below(self, *paths: str) -> Self:
        """On the pages with these treebeard paths, or anything below them."""
        pages = swapper.load_model("wagtailcore", "Page").objects
        condition = Q()
        for path in paths:
            condition |= Q(path__startswith=path)
        return self.filter(page__in=pages.filter(condition).values("pk"))

    def per_page(self) -> models.QuerySet:
        """{"page": id, "total": count} for each page, most seen first."""
        return (
            self.on_pages()
            .values("page")
            .annotate(total=Coalesce(Sum("count"), 0))
            .order_by("-total", "page")
        )


class VisitorQuerySet(models.QuerySet["Visitor"]):
    def linked(self) -> Self:
        """Browsers whose owner is known."""
        return self.filter(member__isnull=False)
