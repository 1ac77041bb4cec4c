"""A thousand segments as a shop has them, all of them live."""

import random
from collections.abc import Callable, Iterator
from typing import Any

Rules = list[tuple[str, dict[str, Any]]]

DAYS = (7, 14, 30, 60, 90, 180)
# How many of a hundred are of which kind.
SHARES = {
    "readers": 30,
    "shelf": 20,
    "buyers": 12,
    "mail": 10,
    "attributes": 8,
    "tags": 6,
    "nested": 8,
    "sleepers": 6,
}


class Population:
    """Makes up segments; the same ones from the same ``seed``."""

    def __init__(self, seed: int) -> None:
        from wagtail.models import Page

        from wagtail_crm.members.models import AttributeDefinition, MemberTag

        self.dice = random.Random(seed)
        self.shelves = list(Page.objects.filter(depth=3).order_by("path"))
        self.products = list(Page.objects.filter(depth=5).order_by("path"))
        self.attributes = {row.key: row for row in AttributeDefinition.objects.all()}
        self.tags = list(MemberTag.objects.order_by("pk"))
        self.made: list[Any] = []

    def segments(self, number: int) -> Iterator[Any]:
        """``number`` segments, saved one by one: later ones name earlier ones."""
        from wagtail_crm.segments.models import Segment

        makers: list[Callable[[], Rules]] = [getattr(self, f"_{kind}") for kind in SHARES]
        kinds = self.dice.choices(makers, list(SHARES.values()), k=number)
        for place, maker in enumerate(kinds):
            rules = maker() if self.made else self._attributes()
            name = f"{maker.__name__.strip('_')} {place + 1}"
            segment = Segment.objects.create(name=name, match="all", rules=rules)
            self.made.append(segment)
            yield segment

    def _readers(self) -> Rules:
        return [
            did(
                "page_view", times=self.dice.randint(1, 3), days=self._days(), on=[self._product()]
            ),
            ("consent", {"agreed": "agreed", "purpose": "email"}),
        ]

    def _shelf(self) -> Rules:
        return [
            self._viewed(self._one_shelf(), 2, 8),
            ("status", {"status": "registered"}),
            self._attribute("prefecture"),
        ]

    def _buyers(self) -> Rules:
        on = [self._one_shelf()] if self.dice.random() < 0.5 else []
        amount = 1000 * self.dice.randint(3, 30)
        bought = spent(amount, days=self.dice.choice((90, 180, 365, None)), on=on)
        return [bought, self._attribute("plan")]

    def _mail(self) -> Rules:
        campaign = f"campaign:{self.dice.randrange(100, 220)}"
        return [
            did(self.dice.choice(("mail_open", "mail_click")), subject=campaign),
            ("group", {"match": "none", "rules": [did("purchase", days=self._days())]}),
        ]

    def _attributes(self) -> Rules:
        born = 1950 + self.dice.randrange(45)
        between = {"comparison": "between", "value": f"{born}-01-01", "upper": f"{born + 9}-12-31"}
        either = [self._attribute("interests"), self._attribute("plan")]
        return [
            self._attribute("prefecture"),
            ("attribute", {"attribute": self.attributes["birthday"], **between}),
            ("group", {"match": "any", "rules": either}),
        ]

    def _tags(self) -> Rules:
        tag = self.dice.choice(self.tags)
        return [
            ("tag", {"has": "has", "tag": tag}),
            ("language", {"comparison": "is", "language": self.dice.choice(("ja", "en"))}),
            ("consent", {"agreed": "agreed", "purpose": "email"}),
        ]

    def _nested(self) -> Rules:
        named = self.dice.choice(self.made)
        either = [self._attribute("plan"), did("login", times=3, days=self._days())]
        return [
            ("segment", {"membership": "in", "segment": named}),
            ("group", {"match": "any", "rules": either}),
        ]

    def _sleepers(self) -> Rules:
        return [
            ("registered", {"when": "before", "days": 90}),
            did("login", "at_most", times=0, days=self._days()),
            self._attribute("prefecture"),
            self._attribute("interests"),
        ]

    def _viewed(self, page: Any, least: int, most: int) -> tuple[str, dict[str, Any]]:
        times = self.dice.randint(least, most)
        return did("page_view", times=times, days=self._days(), on=[page])

    def _attribute(self, key: str) -> tuple[str, dict[str, Any]]:
        definition = self.attributes[key]
        value = self.dice.choice(definition.choice_values)
        return "attribute", {
            "attribute": definition, "comparison": "is", "value": value, "upper": ""
        }  # fmt: skip

    def _days(self) -> int:
        return self.dice.choice(DAYS)

    def _product(self) -> Any:
        return self.dice.choice(self.products)

    def _one_shelf(self) -> Any:
        return self.dice.choice(self.shelves)


def did(
    kind: str,
    comparison: str = "at_least",
    *,
    times: int = 1,
    days: int | None = None,
    on: list[Any] | None = None,
    subject: str = "",
) -> tuple[str, dict[str, Any]]:
    return "behaviour", {
        "kind": kind, "comparison": comparison, "times": times, "subject": subject,
        "pages": on or [], **_window(days),
    }  # fmt: skip


def spent(amount: int, *, days: int | None, on: list[Any] | None = None) -> tuple[str, Any]:
    return "purchase", {"measure": "value", "amount": amount, "pages": on or [], **_window(days)}


def _window(days: int | None) -> dict[str, Any]:
    return {"window": "last", "days": days} if days else {"window": "ever"}


def populate(number: int, seed: int) -> None:
    """Make ``number`` segments and count each over the whole list."""
    from django.db import transaction
    from django.utils import timezone

    from wagtail_crm.segments.evaluation import refresh
    from wagtail_crm.segments.models import Membership, Segment
    from wagtail_crm.segments.rules.base import Scope

    Segment.objects.all().delete()
    for segment in Population(seed).segments(number):
        with transaction.atomic():
            refresh(segment.pk, segment.rule, Scope())
        size = Membership.objects.filter(segment=segment.pk).count()
        Segment.objects.filter(pk=segment.pk).update(size=size, refreshed_at=timezone.now())
