"""``python -m benchmarks.ingest``: events per second of one worker, beside ``COPY``.

The same rows go two ways in turns: by psycopg's ``COPY`` into the event table, and by our whole
path, from the Redis stream into the event table and the daily totals, by one worker in a process
of its own. Both find the same indexes and the same partitions; members and their browsers are
there, as on a site where people log in. Prints a table and, last, one line of JSON: ``ratio``,
rows per second of ours beside ``COPY``; ``record_us``, CPU microseconds that recording one view
takes in the request; ``rss_growth_mb``, what the worker's memory grew by after its first tenth.
Ends with 1 below the budget of DESIGN.md §6.
"""

import argparse
import datetime
import json
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache

from .servers import example_site

BUDGET = 0.25
MEMBERS, PAGES, DAYS = 20_000, 300, 3
PHONE = {"device": "phone", "os": "iOS", "browser": "Mobile Safari"}
COPY = """COPY wagtail_crm_tracking_event
(id, at, kind, member_id, visitor_id, page_id, site_id, subject, value, data) FROM STDIN"""


def main() -> int:
    options = _options()
    with example_site():
        from wagtail_crm.tracking import partitions

        partitions.create_ahead()
        populate()
        with worker() as drain:
            times, grown = measure(options.events, options.batch, drain)
        record_us = recording(options.batch)
    for name, rates in times.items():
        print(f"{name:<6} {statistics.median(rates):8.0f} events/s")
    ratio = statistics.median(
        ours / copy for ours, copy in zip(times["ours"], times["copy"], strict=True)
    )
    result = {
        "bench": "ingest",
        "ratio": round(ratio, 3),
        "record_us": round(record_us, 1),
        "rss_growth_mb": round(grown, 1),
    }
    print(json.dumps(result))
    return 0 if ratio >= BUDGET else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000, help="through our path in all")
    parser.add_argument("--batch", type=int, default=50_000, help="before the ways take turns")
    return parser.parse_args()


@cache
def browsers() -> list[uuid.UUID]:
    """The browser of each member."""
    dice = random.Random(MEMBERS)
    return [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(MEMBERS)]


def populate() -> None:
    """Members with the numbers from 1, each signed in on their browser."""
    from django.utils import timezone

    from wagtail_crm.members.models import Member
    from wagtail_crm.tracking.models import Visitor

    then = timezone.now() - datetime.timedelta(days=DAYS)
    Member.objects.bulk_create(Member(pk=number) for number in range(1, MEMBERS + 1))
    Visitor.objects.bulk_create(
        Visitor(pk=browser, member_id=number, linked_at=then, owned_until=then, linked_by="login")
        for number, browser in enumerate(browsers(), start=1)
    )


def some_events(number: int, seed: int) -> list:
    """Visits of a shop: a few members come often, most seldom; one in a hundred buys."""
    from wagtail_crm.tracking.events import NewEvent

    dice = random.Random(seed)
    now = datetime.datetime.now(datetime.UTC)
    events = []
    for _ in range(number):
        member = min(int(dice.paretovariate(0.6)), MEMBERS)
        buys = dice.random() < 0.01
        events.append(
            NewEvent(
                "purchase" if buys else "page_view",
                at=now - datetime.timedelta(seconds=dice.randrange(DAYS * 86_400)),
                member_id=member,
                visitor_id=browsers()[member - 1],
                page_id=min(int(dice.paretovariate(0.8)), PAGES),
                site_id=1,
                subject=f"sku:{dice.randrange(200)}" if buys else "",
                value=Decimal(dice.randrange(100, 9000)) if buys else None,
                data=PHONE,
            )
        )
    return events


@contextmanager
def worker() -> Iterator[Callable[[], dict]]:
    """A worker that stands by; calling it has it write what waits and say how that went."""
    command = [sys.executable, "-m", "benchmarks.drain"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:

        def drain() -> dict:
            process.stdin.write("\n")
            return json.loads(process.stdout.readline())

        drain()
        yield drain


def measure(
    events: int, batch: int, drain: Callable[[], dict]
) -> tuple[dict[str, list[float]], float]:
    """Events per second of each turn, and MB that the worker grew by after a tenth of them."""
    times: dict[str, list[float]] = {"copy": [], "ours": []}
    sizes = []
    rounds = max(2, events // batch)
    for number in range(rounds):
        ways = ["copy", "ours"]
        for name in ways if number % 2 else reversed(ways):
            rows = some_events(batch, seed=number)
            if name == "copy":
                seconds = copy(rows)
            else:
                seconds, size = ours(rows, drain)
                sizes.append(size)
            times[name].append(batch / seconds)
        print(f"\rRound {number + 1} of {rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return times, (sizes[-1] - sizes[rounds // 10]) / 1e6


def copy(events: list) -> float:
    """Seconds to ``COPY`` the rows of ``events``."""
    from django.core.serializers.json import DjangoJSONEncoder
    from django.db import connection, transaction

    rows = [
        (e.id, e.at, e.kind, e.member_id, e.visitor_id, e.page_id, e.site_id, e.subject, e.value,
         json.dumps(e.data, cls=DjangoJSONEncoder))
        for e in events
    ]  # fmt: skip
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(COPY) as to:
        for row in rows:
            to.write_row(row)
    return time.perf_counter() - started


def ours(events: list, drain: Callable[[], dict]) -> tuple[float, int]:
    """Seconds to write the same as they wait in the stream, and the worker's bytes then."""
    from wagtail_crm.tracking import buffer

    for some in _slices(events, 1000):
        buffer.push(some)
    done = drain()
    assert done["events"] == len(events)
    return done["seconds"], done["rss"]


def recording(number: int) -> float:
    """CPU microseconds to make an event of a view and to hand it to the buffer."""
    from wagtail_crm.tracking import actions
    from wagtail_crm.tracking.events import NewEvent

    started = time.process_time()
    for member in range(number):
        event = NewEvent("page_view", member_id=member, page_id=7, site_id=1, data=PHONE)
        actions.save_events(events=[event])
    return 1e6 * (time.process_time() - started) / number


def _slices(events: list, size: int) -> Iterator[list]:
    for start in range(0, len(events), size):
        yield events[start : start + size]


if __name__ == "__main__":
    sys.exit(main())
