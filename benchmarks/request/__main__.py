"""``python -m benchmarks.request``: what the package adds to a page, in CPU time.

Three copies of one portal, each in a process of its own, serve the same page in turns: bare,
with this package, with wagtail-personalisation. Prints a table and, last, one line of JSON;
exits 1 when a budget is not met.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from example.demo.servers import FAST, Postgres, Redis

from .variant import Variant

BUDGET = {"ratio": 1.10, "anonymous_ratio": 1.03, "sql_added": 0}
WARM_UP = 30
# So much slower that fewer rounds say the same.
PEER_EVERY = 20
Samples = dict[tuple[str, str], list[float]]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder:
        postgres = Postgres(Path(folder) / "postgres", Path(folder) / "postgres.log", FAST)
        redis = Redis(Path(folder) / "redis", Path(folder) / "redis.log", durable=False)
        started: list[Any] = []
        try:
            for server in (postgres, redis):
                server.start()
                started.append(server)
            variants = [
                Variant(name, postgres, redis.url(number), Path(folder))
                for number, name in enumerate(options.variants)
            ]
            started += variants
            return _run(variants, options)
        finally:
            for part in reversed(started):
                part.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.request", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="turns of each variant")
    parser.add_argument("--requests", type=int, default=5, help="requests in a turn")
    parser.add_argument("--segments", type=int, default=1_000, help="live ones; of the peer 50")
    parser.add_argument("--without-peer", action="store_true")
    options = parser.parse_args()
    os.environ["BENCH_SEGMENTS"] = str(options.segments)
    options.variants = ["bare", "crm"] if options.without_peer else ["bare", "crm", "peer"]
    return options


def _run(variants: list[Variant], options: argparse.Namespace) -> int:
    for variant in variants:
        _say(f"Preparing the portal: {variant.name} …")
        variant.start()
    looks = {
        (variant.name, who): variant.ask(do="look", who=who) for variant, who in _turns(variants)
    }
    _same_page(looks)
    samples = _take_turns(variants, options)
    return _report(looks, samples)


def _same_page(looks: dict[tuple[str, str], dict[str, Any]]) -> None:
    """What is compared shows the same: otherwise the numbers mean nothing."""
    for (name, who), look in looks.items():
        if look["status"] != "200 OK" or look["offers"] != 3:
            raise SystemExit(f"{name}, {who}: not the page that was meant: {look}")


def _turns(variants: list[Variant]) -> list[tuple[Variant, str]]:
    """Who is measured as whom, in order; the peer's budget is about members only."""
    members = [(variant, "member") for variant in variants]
    visitors = [(variant, "anonymous") for variant in variants if variant.name != "peer"]
    return members + visitors


def _take_turns(variants: list[Variant], options: argparse.Namespace) -> Samples:
    samples: Samples = defaultdict(list)
    turns = _turns(variants)
    for variant, who in turns:
        variant.ask(do="measure", who=who, requests=WARM_UP)
    for number in range(options.rounds):
        _say(f"\rRound {number + 1} of {options.rounds}", end="")
        # Forth and back, so that none always follows the same neighbour.
        for variant, who in turns if number % 2 else turns[::-1]:
            if variant.name == "peer" and number % PEER_EVERY:
                continue
            requests = 1 if variant.name == "peer" else options.requests
            answer = variant.ask(do="measure", who=who, requests=requests)
            samples[variant.name, who] += answer["cpu"]
    _say("")
    return samples


def _report(looks: dict[tuple[str, str], dict[str, Any]], samples: Samples) -> int:
    print(f"{'':24}{'CPU ms':>8}{'ratio':>8}{'SQL':>6}  cookies set")
    for (name, who), look in looks.items():
        milliseconds = statistics.median(samples[name, who]) * 1000
        print(
            f"{who + ', ' + name:24}{milliseconds:8.2f}{_ratio(samples, name, who):8.3f}"
            f"{look['queries']:6}  {', '.join(look['cookies']) or '–'}"
        )
    result = {
        "bench": "request",
        "segments": int(os.environ["BENCH_SEGMENTS"]),
        "ratio": _ratio(samples, "crm", "member"),
        "anonymous_ratio": _ratio(samples, "crm", "anonymous"),
        "peer_ratio": _ratio(samples, "peer", "member") if ("peer", "member") in samples else None,
        "sql_added": looks["crm", "member"]["queries"] - looks["bare", "member"]["queries"],
    }
    above = [name for name, budget in BUDGET.items() if result[name] > budget]
    if looks["crm", "anonymous"]["cookies"]:
        above.append("a cookie for a visitor who did not agree")
    for name in above:
        print(f"Above budget: {name} (allowed: {BUDGET.get(name, 'none')})")
    print(json.dumps(result))
    return 1 if above else 0


def _ratio(samples: Samples, name: str, who: str) -> float:
    """The median request beside the median bare one; taking turns, both saw the same weather."""
    median = statistics.median(samples[name, who])
    return round(median / statistics.median(samples["bare", who]), 3)


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    sys.exit(main())
