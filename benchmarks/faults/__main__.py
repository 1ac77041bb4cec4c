"""``python -m benchmarks.faults``: what is left of events while everything is killed.

Pages record events while Redis, the worker and PostgreSQL are killed (SIGKILL, with all their
children) and started again at random, sometimes two at once. Redis syncs its log with every
write (``appendfsync always``). In the end every event that was taken must be in the log once, as
it was, and the totals must equal a recount. Prints, last, one line of JSON; ends with 1 if
anything is lost, doubled or changed, or time is up.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.ingest import populate
from benchmarks.servers import Site, example_site
from example.demo.processes import Process

from .killing import Faults
from .recount import recount

ALWAYS = ("appendfsync always",)
# What a worker of Celery says when it has started.
READY = " ready."
# What should be 0; ``unsent`` is what no page came to within the time.
WRONG = ("unsent", "lost", "unknown", "twice", "changed", "wrong_totals", "set_aside", "waiting")


def main() -> int:
    options = _options()
    started = time.monotonic()
    print(f"Seed {options.seed}", flush=True)
    with example_site(redis_settings=ALWAYS, template=options.template) as site:
        populate()
        result = suffer(site, options)
    result |= {"seed": options.seed, "seconds": round(time.monotonic() - started)}
    print(json.dumps({"bench": "faults", **result}))
    return 0 if not any(result[name] for name in WRONG) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--producers", type=int, default=3, help="processes that serve pages")
    parser.add_argument("--threads", type=int, default=4, help="pages that each serves at a time")
    parser.add_argument("--seconds", type=int, default=1800, help="after which it is a failure")
    parser.add_argument("--rate", type=float, default=0, help="events per second, 0: no limit")
    parser.add_argument("--pause", type=float, default=4, help="longest, between two faults")
    parser.add_argument("--template", default="", help="address of a migrated database to copy")
    return parser.parse_args()


def suffer(site: Site, options: argparse.Namespace) -> dict:
    """Record while everything is killed; what became of the events."""
    deadline = time.monotonic() + options.seconds
    logs = [site.folder / f"taken-{number}" for number in range(options.producers)]
    with running(site) as worker:
        pages = [_start_pages(options, number, log) for number, log in enumerate(logs)]

        def at_work() -> bool:
            return READY in worker.output() and all(log.exists() for log in logs)

        def go_on() -> bool:
            return any(page.is_running() for page in pages) and time.monotonic() < deadline

        victims = [site.redis, worker, site.postgres]
        faults = Faults(victims, random.Random(options.seed), options.pause, at_work)
        faults.go_on_while(go_on)
        for page in pages:
            assert page.is_running() or page.wait() == 0, page.obituary()
            page.stop()
        waiting = _written_before(deadline)
    result = recount(logs)
    return result | {
        "unsent": options.events // options.producers * options.producers - result["taken"],
        "waiting": waiting,
        "kills": dict(faults.kills),
        "refused_by_all": sum(int(page.output() or 0) for page in pages),
    }


@contextmanager
def running(site: Site) -> Iterator[Process]:
    """A Celery worker that also is the beat."""
    command = [sys.executable, "-m", "celery", "-A", "benchmarks.faults.worker"]
    command += ["worker", "-l", "INFO", "-c", "2", "--beat", "-s", str(site.folder / "beat")]
    worker = Process("worker", command, log=site.folder / "worker.log")
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def _start_pages(options: argparse.Namespace, number: int, log: Path) -> Process:
    command = [sys.executable, "-m", "benchmarks.faults.producer", "--log", str(log)]
    command += ["--events", str(options.events // options.producers)]
    command += ["--rate", str(options.rate / options.producers / options.threads)]
    command += ["--seed", str(options.seed + number), "--threads", str(options.threads)]
    pages = Process(f"pages {number}", command, log=log.with_suffix(".log"))
    pages.start()
    return pages


def _written_before(deadline: float) -> int:
    """Wait until the stream is empty; events that wait in it still."""
    from wagtail_crm.tracking import buffer

    buffer.breaker.reset()
    while (waiting := buffer.length()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return waiting


if __name__ == "__main__":
    sys.exit(main())
