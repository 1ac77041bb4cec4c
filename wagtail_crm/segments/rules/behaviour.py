"""Rules about what members did, answered from the daily totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import swapper
from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext, ngettext

from wagtail_crm.tracking.kinds import event_kinds
from wagtail_crm.tracking.models import DailyTotal

from .base import Dependencies, Rule, Scope

Comparison = Literal["at_least", "at_most"]


@dataclass(frozen=True)
class Did(Rule):
    """Did something at least or at most N times, anywhere or on pages, ever or lately.

    "At most" includes members who never did it. ``days`` counts whole days in the site's time
    zone, today among them; None means ever. ``pages`` are page ids; ``below`` adds all that is
    under them, as the tree is when the rule is asked.
    """

    kind: str
    comparison: Comparison = "at_least"
    times: int = 1
    days: int | None = None
    pages: tuple[int, ...] = ()
    below: bool = False
    subject: str = ""

    def condition(self, scope: Scope) -> Q:
        if self.comparison == "at_most":
            return ~Q(pk__in=self._who_did(scope, self.times + 1))
        return Q(pk__in=self._who_did(scope, self.times))

    def _who_did(self, scope: Scope, times: int) -> QuerySet[Any]:
        totals = scope.only(self._totals(scope).of_members())
        if times <= 1:
            return totals.filter(count__gt=0).values("member")
        return (
            totals.values("member")
            .annotate(times=Sum("count"))
            .filter(times__gte=times)
            .values("member")
        )

    def _totals(self, scope: Scope) -> Any:
        totals = DailyTotal.objects.of_kinds(self.kind)
        if self.days is not None:
            totals = totals.in_last_days(self.days, scope.today)
        if self.subject:
            totals = totals.filter(subject=self.subject)
        if self.pages and self.below:
            totals = totals.below(*(page.path for page in self._page_rows))
        elif self.pages:
            totals = totals.filter(page__in=self.pages)
        return totals

    @property
    def _page_rows(self) -> Sequence[Any]:
        pages = swapper.load_model("wagtailcore", "Page").objects
        return list(pages.filter(pk__in=self.pages).only("pk", "title", "path"))

    def dependencies(self) -> Dependencies:
        return Dependencies(kinds=frozenset({self.kind}), time=self.days is not None)

    def problems(self) -> list[str]:
        problems = []
        if self.kind not in event_kinds:
            problems.append(gettext("This kind of behaviour is no longer recorded."))
        if len(self._page_rows) < len(self.pages):
            problems.append(gettext("A page that the rule names no longer exists."))
        return problems

    def sentence(self) -> str:
        parts = [self._what(), self._where(), self._how_often(), self._when()]
        return gettext("who %(what)s%(where)s%(how_often)s%(when)s") % dict(
            zip(("what", "where", "how_often", "when"), parts, strict=True)
        )

    def _what(self) -> str:
        kind = event_kinds.get(self.kind)
        return str(kind.label).lower() if kind else self.kind

    def _where(self) -> str:
        if not self.pages:
            return gettext(" (%(subject)s)") % {"subject": self.subject} if self.subject else ""
        titles = gettext(" or ").join(page.title for page in self._page_rows) or "?"
        if self.below:
            return gettext(" (%(pages)s or a page below)") % {"pages": titles}
        return gettext(" (%(pages)s)") % {"pages": titles}

    def _how_often(self) -> str:
        if self.comparison == "at_most":
            text = ngettext(" at most %(n)d time", " at most %(n)d times", self.times)
        else:
            text = ngettext(" at least %(n)d time", " at least %(n)d times", self.times)
        return text % {"n": self.times}

    def _when(self) -> str:
        if self.days is None:
            return ""
        return ngettext(" in the last %(n)d day", " in the last %(n)d days", self.days) % {
            "n": self.days
        }
