"""``python -m benchmarks.segments.measure``: the numbers for the database of ``DATABASE_URL``.

Prints them as one line of JSON; see :mod:`benchmarks.segments.__main__` for what they mean.
"""

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from benchmarks.crowd.build import SEED, make, said

from . import ten_rules
from .population import populate

# Of the members of a segment, so many come and as many go with each rebuild that is measured.
DRIFT = 100
# What a batch of a thousand members does: each one thing.
DEEDS = {"page_view": 80, "login": 8, "mail_open": 6, "cart_add": 4, "purchase": 2}
MEMBERS_OF_A_BATCH = 1_000
BATCHES_A_ROUND = 9
WORK_MEMORY = "SET LOCAL work_mem = '256MB'"


def main() -> None:
    options = _options()
    import django

    django.setup()
    make("segments", str(options.segments), lambda: populate(options.segments, SEED))
    ten_rules.make(SEED)
    result = TenRules(options.rounds).measure()
    result |= {"incremental_s": incremental(options.rounds)}
    result |= freshness(options.batches)
    result["incremental_ratio"] = result["incremental_s"] / result["rebuild_s"]
    print(json.dumps(result))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.segments.measure")
    parser.add_argument("--segments", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, default=100)
    return parser.parse_args()


class TenRules:
    """The segment of ten rules, ours and by hand in turns."""

    def __init__(self, rounds: int) -> None:
        from wagtail_crm.segments.models import Segment

        self.rounds = rounds
        self.segment = Segment.objects.get(name=ten_rules.NAME)
        self.by_hand = Segment.objects.get(name=ten_rules.NAME_BY_HAND)

    def measure(self) -> dict[str, float]:
        ways = {
            "rebuild_s": (self.segment, self._rebuild),
            "by_hand_s": (self.by_hand, self._rebuild_by_hand),
            "select_s": (None, self._select),
            "select_by_hand_s": (None, self._select_by_hand),
            "count_s": (None, self._count),
        }
        # The first time both begin with nobody, and the database reads from disk.
        for _segment, way in ways.values():
            way()
        self._same()
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(self.rounds):
            for name, (segment, way) in list(ways.items())[:: 1 if number % 2 else -1]:
                if segment:
                    _drift(segment.pk, number)
                times[name].append(_timed(way))
        self._same()
        result = {name: statistics.median(some) for name, some in times.items()}
        for ours, by_hand in (("rebuild", "by_hand"), ("select", "select_by_hand")):
            pairs = zip(times[f"{ours}_s"], times[f"{by_hand}_s"], strict=True)
            result[f"{ours}_ratio"] = statistics.median(one / other for one, other in pairs)
        return result | {"members_of_segment": len(_members_of(self.segment.pk))}

    def _rebuild(self) -> None:
        """What ``actions.refresh_segment`` asks and writes in its transaction."""
        from django.db import transaction

        from wagtail_crm.segments.evaluation import lock_segment, refresh
        from wagtail_crm.segments.rules.base import Scope

        with transaction.atomic():
            lock_segment(self.segment.pk)
            refresh(self.segment.pk, self.segment.rule, Scope())

    def _rebuild_by_hand(self) -> None:
        from django.db import connection, transaction

        with transaction.atomic(), connection.cursor() as cursor:
            values = ten_rules.parameters(self.by_hand.pk)
            cursor.execute(WORK_MEMORY)
            cursor.execute(ten_rules.ASK + ten_rules.QUESTION, values)
            cursor.execute("ANALYZE wanted")
            cursor.execute(ten_rules.LEAVE, values)
            cursor.execute(ten_rules.ENTER, values)

    def _select(self) -> None:
        from django.db import connection, transaction

        from wagtail_crm.segments.evaluation import matching

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(WORK_MEMORY)
            matching(self.segment.rule).count()

    def _select_by_hand(self) -> None:
        from django.db import connection, transaction

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(WORK_MEMORY)
            question = f"SELECT count(*) FROM ({ten_rules.QUESTION}) AS wanted"
            cursor.execute(question, ten_rules.parameters(self.by_hand.pk))

    def _count(self) -> None:
        """As the editor asks while rules are typed: how many of how many, and who."""
        from django.test.utils import override_settings

        from wagtail_crm.conf import crm_settings
        from wagtail_crm.segments.counting import count

        with override_settings(WAGTAIL_CRM={**crm_settings.raw(), "COUNT_TIMEOUT": 600}):
            count(self.segment.rule)

    def _same(self) -> None:
        """Two questions that have other answers cannot be compared."""
        ours, by_hand = _members_of(self.segment.pk), _members_of(self.by_hand.pk)
        if ours != by_hand:
            message = f"{len(ours)} members match, by hand {len(by_hand)}; alike are "
            raise SystemExit(message + str(len(ours & by_hand)))


def _members_of(segment_id: int) -> set[int]:
    from wagtail_crm.segments.models import Membership

    rows = Membership.objects.filter(segment=segment_id)
    return set(rows.values_list("member_id", flat=True))


def _drift(segment_id: int, number: int) -> None:
    """A hundredth of the members leave, and as many come who do not belong."""
    from wagtail_crm.members.models import Member
    from wagtail_crm.segments.models import Membership

    members = sorted(_members_of(segment_id))
    leaving = members[number % DRIFT :: DRIFT]
    rows = Membership.objects.filter(segment=segment_id)
    rows.filter(member__in=leaving).delete()
    others = Member.objects.exclude(pk__in=rows.values("member")).order_by("pk")
    coming = others.values_list("pk", flat=True)[number * len(leaving) :][: len(leaving)]
    Membership.objects.bulk_create(
        Membership(segment_id=segment_id, member_id=member) for member in coming
    )


def _timed(way: Callable[[], Any]) -> float:
    started = time.perf_counter()
    way()
    return time.perf_counter() - started


def incremental(rounds: int) -> float:
    """Seconds the segment of ten rules, alone, takes to follow a batch of 1,000 events.

    The median of many batches: some let members enter or leave, and take longer.
    """
    from wagtail_crm.segments.receivers import follow_events
    from wagtail_crm.tracking.signals import events_recorded

    times = []
    with _nobody_else():
        crowd = Crowd(seed=1)
        # The first one reads and keeps the rules, as each worker does once.
        crowd.record()
        events_recorded.disconnect(follow_events)
        try:
            for _ in range(rounds * BATCHES_A_ROUND):
                events = crowd.record()
                times.append(_timed(lambda told=events: follow_events(events=told)))
        finally:
            events_recorded.connect(follow_events)
    return statistics.median(times)


@contextmanager
def _nobody_else() -> Iterator[None]:
    """Only the segment of ten rules is live."""
    from wagtail_crm.segments.models import Segment

    others = Segment.objects.live().exclude(name=ten_rules.NAME)
    ids = list(others.values_list("pk", flat=True))
    others.update(live=False)
    try:
        yield
    finally:
        Segment.objects.filter(pk__in=ids).update(live=True)


def freshness(batches: int) -> dict[str, float]:
    """Seconds from the commit of a batch until every segment has followed it."""
    from wagtail_crm.segments.models import Segment

    crowd = Crowd(seed=2)
    # The first one reads and keeps the rules of every segment.
    crowd.record()
    with said(
        f"{batches} batches of a thousand members, {Segment.objects.live().count()} segments"
    ):
        times = [crowd.follow() for _ in range(batches)]
    return {
        "fresh_p50_s": statistics.median(times),
        "fresh_p99_s": statistics.quantiles(times, n=100, method="inclusive")[98],
        "fresh_first_s": times[0],
    }


class Crowd:
    """People who do things now: who did much before is here more often."""

    def __init__(self, seed: int) -> None:
        from django.db import connection
        from wagtail.models import Page

        self.dice = random.Random(seed)
        self.pages = list(Page.objects.filter(depth__gt=2).values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT member_id FROM wagtail_crm_tracking_dailytotal"
                " TABLESAMPLE BERNOULLI (1) REPEATABLE (1) ORDER BY id"
            )
            self.active = [row[0] for row in cursor.fetchall()]

    def events(self) -> tuple[Any, ...]:
        """A thousand members do one thing each."""
        members: set[int] = set()
        most = min(MEMBERS_OF_A_BATCH, len(set(self.active)))
        while len(members) < most:
            members.add(self.dice.choice(self.active))
        return tuple(self._event(member) for member in sorted(members))

    def _event(self, member_id: int) -> Any:
        from wagtail_crm.tracking.events import NewEvent

        kind = self.dice.choices(list(DEEDS), list(DEEDS.values()))[0]
        about = {
            "page_view": {"page_id": self.dice.choice(self.pages)},
            "mail_open": {"subject": f"campaign:{self.dice.randrange(100, 220)}"},
            "purchase": {"value": Decimal(self.dice.randrange(500, 9000)), "subject": "sku:P0100"},
        }
        return NewEvent(kind, member_id=member_id, **about.get(kind, {}))

    def record(self) -> tuple[Any, ...]:
        from wagtail_crm.tracking.actions import record_events

        events = self.events()
        record_events(events=events)
        return events

    def follow(self) -> float:
        """Record a batch; seconds that pass after its commit, until all have been told."""
        from django.db import transaction

        from wagtail_crm.tracking.actions import record_events

        committed: list[float] = []
        with transaction.atomic():
            transaction.on_commit(lambda: committed.append(time.perf_counter()))
            record_events(events=self.events())
        return time.perf_counter() - committed[0]


if __name__ == "__main__":
    sys.exit(main())
