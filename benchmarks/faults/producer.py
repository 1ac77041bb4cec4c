"""``python -m benchmarks.faults.producer``: pages that record what happens on them.

Each thread is a page at a time: it saves one event, and calls a worker if one is needed, as the
middleware does. A page would be served and the event lost when nothing takes it; here it is
tried again, with the same id. Events that were taken stand, one per line, in the file LOG.
Prints how often nothing took one.
"""

import argparse
import logging
import random
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import django

# Of a hundred events so many are of browsers nobody has signed in on, and so many told twice.
ANONYMOUS, TWICE = 20, 1
BROWSERS = 500
PAUSE = 0.02


def main() -> None:
    options = _options()
    django.setup()
    events = list(_events(options.events, options.seed))
    shares = [events[start :: options.threads] for start in range(options.threads)]
    logging.disable(logging.CRITICAL)
    with options.log.open("wb") as log, ThreadPoolExecutor(options.threads) as pages:
        seeds = range(options.seed, options.seed + options.threads)
        save = partial(_save_all, rate=options.rate, log=log)
        print(sum(pages.map(save, shares, seeds)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--rate", type=float, default=0, help="of a thread, per second")
    parser.add_argument("--log", type=Path, required=True)
    return parser.parse_args()


def _events(number: int, seed: int) -> Iterator[Any]:
    """Visits of members and of strangers."""
    from msgspec.structs import replace

    from benchmarks.ingest import some_events

    dice = random.Random(seed)
    strangers = [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(BROWSERS)]
    for event in some_events(number, seed):
        if dice.randrange(100) < ANONYMOUS:
            event = replace(event, member_id=0, visitor_id=dice.choice(strangers))
        yield event


def _save_all(events: list, seed: int, rate: float, log: Any) -> int:
    dice = random.Random(seed)
    refused = 0
    for event in events:
        time.sleep(dice.expovariate(rate) if rate else 0)
        refused += _save(event)
        if dice.randrange(100) < TWICE:
            refused += _save(event)
        log.write(event.to_json() + b"\n")
    return refused


def _save(event: Any) -> int:
    """Until something takes it; returns how often nothing did."""
    from django.db import close_old_connections

    from wagtail_crm.jobs import enqueue
    from wagtail_crm.tracking import actions, tasks

    refused = 0
    while True:
        close_old_connections()
        try:
            worker_needed = actions.save_events(events=[event])
        except Exception:
            refused += 1
            time.sleep(PAUSE)
            continue
        if worker_needed:
            with suppress(Exception):
                enqueue(tasks.drain)
        return refused


if __name__ == "__main__":
    main()
