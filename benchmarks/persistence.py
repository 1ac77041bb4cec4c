"""``python -m benchmarks.persistence``: what the settings of Redis lose when it is killed.

With each setting pages append events for some seconds; then Redis is killed (SIGKILL) and started
again; a few times. Prints a table and, last, one line of JSON: per setting the events per second
that Redis confirmed, and how many of them were gone, in the worst turn.

A killed process is not a power cut: what Redis had handed to the kernel survives it. Where
``strace`` is installed, ``unsynced`` counts what a power cut at that moment could have taken: what
pages began to append after the beginning of the last sync to disk that had ended.
"""

import argparse
import itertools
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from example.demo.servers import Redis

from .faults.killing import kill

PAGES = 4
SETTINGS = {
    "appendfsync always": ("appendonly yes", "appendfsync always"),
    "appendfsync everysec": ("appendonly yes", "appendfsync everysec"),
    "appendfsync no": ("appendonly yes", "appendfsync no"),
    "snapshots only": ("appendonly no", "save 3600 1 300 100 60 10000"),
    "neither": ("appendonly no", 'save ""'),
}
STRACE = ["strace", "-f", "-ttt", "-e", "trace=fdatasync,fsync"]
SYNC = re.compile(r"^(\d+) +([\d.]+) (<\.\.\. )?f(?:data)?sync(.*)$", re.MULTILINE)


class Turn(NamedTuple):
    """Numbers of events."""

    lost: int
    unsynced: int | None
    confirmed: int
    per_second: float


def main() -> int:
    options = _options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
    result = {}
    print(f"{'setting':<22}{'events/s':>10}{'lost':>10}{'unsynced':>10}{'of':>10}")
    for name, lines in SETTINGS.items():
        turns = [_turn(lines, options.seconds) for _ in range(options.turns)]
        worst = max(turns, key=lambda turn: (turn.lost, turn.unsynced or 0))
        print(
            f"{name:<22}{worst.per_second:>10.0f}{worst.lost:>10}"
            f"{worst.unsynced if worst.unsynced is not None else '–':>10}{worst.confirmed:>10}",
            flush=True,
        )
        result[name] = worst._asdict()
    print(json.dumps({"bench": "persistence", **result}))
    return 1 if result["appendfsync always"]["lost"] else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.persistence", description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="before the kill, about")
    return parser.parse_args()


def _turn(lines: tuple[str, ...], seconds: float) -> Turn:
    folder = Path(tempfile.mkdtemp(prefix="crm-redis-"))
    server = Redis(folder / "redis", folder / "redis.log", settings=lines)
    server.start()
    try:
        with _syncs(server, folder / "syncs") as began_last:
            confirmed = _append_until_killed(server, random.uniform(0.75, 1.25) * seconds)
            synced = began_last()
        server.start()
        kept = _kept(server)
    finally:
        server.stop()
        shutil.rmtree(folder)
    moments = confirmed.values()
    return Turn(
        lost=len(confirmed.keys() - kept),
        unsynced=None if synced is None else sum(began > synced for began in moments),
        confirmed=len(confirmed),
        per_second=round(len(confirmed) / (max(moments) - min(moments)), 1),
    )


def _append_until_killed(server: Redis, seconds: float) -> dict[uuid.UUID, float]:
    """When pages began to append the events that were confirmed to them."""
    confirmed: dict[uuid.UUID, float] = {}
    killed = threading.Event()
    with ThreadPoolExecutor(PAGES) as pages:
        working = [pages.submit(_append, server.url(), killed, confirmed) for _ in range(PAGES)]
        time.sleep(seconds)
        kill(server.processes()[0])
        killed.set()
        for work in working:
            work.result()
    return confirmed


def _append(url: str, killed: threading.Event, confirmed: dict[uuid.UUID, float]) -> None:
    import redis

    from wagtail_crm.tracking import buffer
    from wagtail_crm.tracking.events import NewEvent

    with redis.from_url(url) as client:
        for page in itertools.count(1):
            event, began = NewEvent("page_view", page_id=page), time.time()
            try:
                client.xadd(buffer.STREAM, {buffer.FIELD: event.to_json()})
            except redis.ConnectionError:
                return
            confirmed[event.id] = began


def _kept(server: Redis) -> set[uuid.UUID]:
    import redis

    from wagtail_crm.tracking import buffer
    from wagtail_crm.tracking.events import NewEvent

    with redis.from_url(server.url()) as client:
        entries = client.xrange(buffer.STREAM)
    return {NewEvent.from_json(fields[buffer.FIELD]).id for _key, fields in entries}


@contextmanager
def _syncs(server: Redis, log: Path) -> Iterator:
    """A function that says when the last sync began that has ended; None if nobody knows."""
    if not shutil.which("strace"):
        yield lambda: None
        return
    command = [*STRACE, "-o", str(log), "-p", str(server.processes()[0].pid)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as watcher:
        time.sleep(0.3)

        def began_last() -> float:
            watcher.wait()
            began, ended = {}, 0.0
            for thread, moment, resumed, rest in SYNC.findall(log.read_text()):
                if not resumed:
                    began[thread] = float(moment)
                if rest.endswith("= 0"):
                    ended = max(ended, began[thread])
            return ended

        yield began_last


if __name__ == "__main__":
    sys.exit(main())
