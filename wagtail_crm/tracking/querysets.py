"""Reads of the log and its totals, in words."""

import datetime
import json
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

import swapper
from django.db import models
from django.db.models import BigIntegerField, Exists, ExpressionWrapper, F, OuterRef, Q, Sum
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

from .events import NO_PAGE, NOBODY

if TYPE_CHECKING:
    from wagtail_crm.members.models import Member

    from .models import (  # noqa: F401  # names in the annotations below
        DailyTotal,
        Event,
        RefusedEvent,
        Visitor,
    )

# After so many attempts an event waits for somebody to look.
MOST_ATTEMPTS = 5
AT_A_TIME = 1000
# Before the number of the delivery whose link showed whose a browser is.
MAILED = "mail:"
# One member in so many stands for the others where counting all of them would take too long.
SAMPLED = 256
IN_SAMPLE = Exact(ExpressionWrapper(F("member") % SAMPLED, BigIntegerField()), 1)
IN_SAMPLE_OR_NOBODY = Q(("member", NOBODY), IN_SAMPLE, _connector=Q.OR)


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

    def since(self, moment: datetime.datetime) -> Self:
        return self.filter(at__gte=moment)

    def after_in_list(self, at: datetime.datetime, id: uuid.UUID) -> Self:
        """What stands below that event when the newest is first."""
        return self.filter(at__lte=at).exclude(at=at, id__gte=id)

    def mentioning(self, words: str, kinds: Iterable[str] = ()) -> Self:
        """About these words: in the page's title, the subject, the data, or of these kinds."""
        pages = swapper.load_model("wagtailcore", "Page").objects.filter(title__icontains=words)
        escaped = json.dumps(words)[1:-1]  # as SQLite keeps JSON
        found = Q(subject__icontains=words) | Q(page__in=pages.values("pk"))
        found |= Q(text__icontains=words) | Q(text__icontains=escaped) | Q(kind__in=list(kinds))
        return self.annotate(text=Cast("data", models.TextField())).filter(found)

    def without_owner(self) -> Self:
        """Events of browsers that nobody has logged in on yet."""
        return self.filter(member=NOBODY)

    def certain(self) -> Self:
        """Without what is a member's only because a link in a mail to them was followed."""
        visitor: Any = self.model._meta.get_field("visitor").related_model
        by_mail = visitor.objects.known_by_mail_only().filter(pk=OuterRef("visitor_id"))
        return self.exclude(Q(handed_over=True) & Exists(by_mail))

    def counted(self) -> Self:
        """Without the visits of machines: what the totals are made of."""
        return self.filter(uncounted=False)

    def handed_over(self) -> Self:
        """What members got with a browser, without having been signed in."""
        return self.filter(handed_over=True)


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

    def of_sample(self) -> Self:
        """Totals of one member in ``SAMPLED``, for estimates; an index holds these and nobody's."""
        return self.filter(IN_SAMPLE)

    def of_sample_and_nobody(self) -> Self:
        """The same, and what visitors without an account did."""
        return self.filter(IN_SAMPLE_OR_NOBODY)

    def more_than(self, rows: int) -> Exists:
        """A condition: whether there are more of these; it reads no further."""
        return Exists(self.order_by().values("pk")[rows : rows + 1])

    def before(self, day: datetime.date) -> Self:
        return self.filter(day__lt=day)

    def since(self, day: datetime.date) -> Self:
        return self.filter(day__gte=day)

    def empty(self) -> Self:
        """Totals whose events all went to their owner."""
        return self.filter(count=0)

    def per_page(self) -> models.QuerySet:
        """{"page": id, "total": count} for each page, most seen first."""
        return (
            self.on_pages()
            .values("page")
            .annotate(total=Coalesce(Sum("count"), 0))
            .order_by("-total", "page")
        )


class VisitorQuerySet(models.QuerySet["Visitor"]):
    def registering(self, user: Any) -> Self:
        """Browsers on which this account was made and nobody has logged in since."""
        return self.filter(user=user, member=None)

    def unseen_since(self, moment: datetime.datetime) -> Self:
        """Browsers of nobody that have not been back."""
        return self.filter(member=None, last_seen_at__lt=moment)

    def seen_since(self, moment: datetime.datetime) -> Self:
        return self.filter(last_seen_at__gte=moment)

    def of_member(self, member: "Member") -> Self:
        """Newest first."""
        return self.filter(member=member).order_by("-last_seen_at", "pk")

    def known_by_mail_only(self) -> Self:
        """Browsers of which only a link in a mail says whose they are."""
        return self.filter(linked_by__startswith=MAILED)

    def forgotten_before(self, moment: datetime.datetime) -> Self:
        """Browsers that said no so long ago that nothing of them is in the buffer any more."""
        return self.filter(member=None, forgotten_at__lt=moment)


class RefusedEventQuerySet(models.QuerySet["RefusedEvent"]):
    def due(self) -> Self:
        """Those that are tried again without being asked."""
        return self.filter(attempts__lt=MOST_ATTEMPTS)

    def oldest_first(self) -> Self:
        """At most as many as one run deals with."""
        return self.order_by("pk")[:AT_A_TIME]
