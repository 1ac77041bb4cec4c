"""How often a page was looked at, and by how many members, read from the daily totals.

Where there are very many, one member in ``SAMPLED`` is counted and stands for the others. The
same statement decides which: the other branch of the union is then never run.
"""

import datetime
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import swapper
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from wagtail_crm.registry import Registry

from .events import NOBODY
from .models import DailyTotal
from .querysets import SAMPLED, DailyTotalQuerySet

RANGES = (7, 30, 90, 365)
# Rows in the sample above which views and people are estimated: about 100,000 in all.
MOST_EXACT = 400


@dataclass(frozen=True)
class PageScope:
    """A page, or the page and all below it, during the last ``days`` days, today among them."""

    page: Any
    days: int = 30
    below: bool = False

    def totals(self) -> DailyTotalQuerySet:
        """Views of members and of others, by day."""
        views = DailyTotal.objects.of_kinds("page_view").in_last_days(self.days, _today())
        if not self.below:
            return views.filter(page=self.page.pk)
        pages = swapper.load_model("wagtailcore", "Page").objects.order_by()
        return views.filter(page__in=pages.filter(path__startswith=self.page.path).values("pk"))

    def is_large(self, rows: int = MOST_EXACT) -> Exists:
        """A condition: whether the sample has more rows than this."""
        return self.totals().of_sample().more_than(rows)

    @property
    def first_day(self) -> datetime.date:
        return _today() - datetime.timedelta(days=self.days - 1)


@dataclass(frozen=True)
class PageNumbers:
    """What was counted; ``is_estimate`` when a sample of the members stands for all of them.

    ``people`` are members. Visitors without an account are among the views only: nobody can
    tell two of them from one who came back.
    """

    scope: PageScope
    views_by_day: dict[datetime.date, int]
    people: int
    is_estimate: bool = False

    @property
    def views(self) -> int:
        return sum(self.views_by_day.values())

    def by_span(self) -> list[tuple[datetime.date, int]]:
        """(first day, views) of each day, or of each week where days are too many to draw."""
        length = 7 if self.scope.days > RANGES[-2] else 1
        first, days = self.scope.first_day, self.scope.days
        spans: Counter[datetime.date] = Counter(
            {first + datetime.timedelta(days=start): 0 for start in range(0, days, length)}
        )
        for day, views in self.views_by_day.items():
            gone = (day - first).days
            spans[day - datetime.timedelta(days=gone % length)] += views
        return sorted(spans.items())


def numbers_of(scope: PageScope) -> PageNumbers:
    """Views and people of a page; one query."""
    large = scope.is_large()
    exact = _per_day(scope.totals().filter(~large))
    sample = _per_day(scope.totals().of_sample_and_nobody().filter(large), worth=SAMPLED)
    rows = list(exact.union(sample, all=True))
    return PageNumbers(
        scope,
        {day: views for day, views, _people, _worth in rows},
        people=max((people * worth for _day, _views, people, worth in rows), default=0),
        is_estimate=any(worth > 1 for *_numbers, worth in rows),
    )


def _per_day(totals: DailyTotalQuerySet, worth: int = 1) -> QuerySet[Any, Any]:
    """(day, views, people in all before they are multiplied, how many each stands for)."""
    members = totals.of_members().order_by().values("kind")
    people = members.annotate(people=Count("member", distinct=True)).values("people")
    # The views of those without an account are one row each day: nobody stands for others.
    stands_for = Case(When(member=NOBODY, then=1), default=worth)
    return (
        totals.order_by()
        .values("day")
        .annotate(
            views=Sum(F("count") * stands_for, output_field=BigIntegerField()),
            people=Coalesce(Subquery(people), Value(0)),
            worth=Value(worth, output_field=IntegerField()),
        )
        .filter(views__gt=0)
        .values_list("day", "views", "people", "worth")
    )


def _today() -> datetime.date:
    return timezone.localdate(timezone=timezone.get_default_timezone())


@dataclass(frozen=True)
class PagePart:
    """What another room says of the people who looked at a page, below its views.

    Contributed through ``register_crm_page_parts``. ``context`` is a function of the request
    and the :class:`PageNumbers`; None hides the part. It begins with an ``<h3>``.
    """

    slug: str
    template_name: str
    context: Callable[[HttpRequest, PageNumbers], dict[str, Any] | None]
    order: int = 100

    def html(self, request: HttpRequest, numbers: PageNumbers) -> str:
        context = self.context(request, numbers)
        if context is None:
            return ""
        return render_to_string(self.template_name, context, request=request)


page_parts: Registry[PagePart] = Registry("register_crm_page_parts", PagePart)
