"""``python -m benchmarks.bots [BROWSERS CRAWLERS]``: who is taken for a machine by the user agent.

Two lists of user agents, of browsers and of crawlers: text with one in a line, CSV with a column
for it, or JSON in whatever shape, each possibly gzipped; by default those beside the repository in
``shared/data/user_agents``. Prints some that were judged wrongly and, last, one line of JSON:
``kept_out``, the share of the crawlers that is recognised; ``lost``, the share of the browsers that
is not; ``verdict_us``, microseconds of CPU that one verdict takes the first time a string is seen.
Ends with 1 beyond the budget.
"""

import argparse
import csv
import gzip
import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wagtail_crm.tracking import devices

KEPT_OUT_AT_LEAST, LOST_AT_MOST = 0.99, 0.005
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "user_agents"
COLUMNS = ("useragent", "user_agent", "user-agent", "user agent", "ua", "instances")
EXAMPLES = 10


def main() -> int:
    options = _options()
    lost, people, seconds = judge(options.browsers, machines=True)
    missed, crawlers, more_seconds = judge(options.crawlers, machines=False)
    _show("People taken for machines", lost, people)
    _show("Machines taken for people", missed, crawlers)
    result = {
        "bench": "bots",
        "kept_out": round(1 - len(missed) / crawlers, 4),
        "lost": round(len(lost) / people, 4),
        "verdict_us": round(1e6 * (seconds + more_seconds) / (people + crawlers), 1),
    }
    print(json.dumps(result))
    kept = result["kept_out"] >= KEPT_OUT_AT_LEAST and result["lost"] <= LOST_AT_MOST
    return 0 if kept else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bots", description=__doc__)
    for name in ("browsers", "crawlers"):
        default = SHARED / f"{name}.json.gz"
        parser.add_argument(
            name, nargs="?", type=Path, default=default, help=f"by default {default}"
        )
    options = parser.parse_args()
    for path in (options.browsers, options.crawlers):
        if not path.exists():
            parser.error(f"There is no {path}; name a list of browsers and one of crawlers.")
    return options


def judge(path: Path, *, machines: bool) -> tuple[list[str], int, float]:
    """The user agents of the list that are taken for machines, or are not; of how many; seconds.

    Every line counts, also one that was seen before; the time is that of verdicts not remembered.
    """
    agents = list(agents_in(path))
    if not agents:
        sys.exit(f"{path} names no user agent.")
    started = time.process_time()
    for agent in agents:
        devices.judge(agent)
    seconds = time.process_time() - started
    return (
        [agent for agent in agents if devices.is_machine(agent) is machines],
        len(agents),
        seconds,
    )


def agents_in(path: Path) -> Iterator[str]:
    """The user agents in a list of any of the formats."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content, path = gzip.decompress(content), path.with_suffix("")
    text = content.decode("utf-8-sig", "replace")
    if path.suffix == ".json":
        yield from _in_json(json.loads(text))
    elif path.suffix in (".jsonl", ".ndjson"):
        for line in text.splitlines():
            yield from _in_json(json.loads(line))
    elif path.suffix == ".csv":
        yield from _in_csv(text)
    else:
        yield from filter(None, (line.strip() for line in text.splitlines()))


def _in_json(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _in_json(part)
    elif isinstance(value, dict):
        for key, part in value.items():
            if key.lower() in COLUMNS:
                yield from _in_json(part)


def _in_csv(text: str) -> Iterator[str]:
    """The column that is called so; without one, the first, whose first line then counts too."""
    rows = list(csv.reader(io.StringIO(text)))
    names = [name.strip().lower() for name in rows[0]] if rows else []
    known = next((place for place, name in enumerate(names) if name in COLUMNS), None)
    for row in rows if known is None else rows[1:]:
        if agent := "".join(row[known or 0 : (known or 0) + 1]).strip():
            yield agent


def _show(title: str, agents: list[str], total: int) -> None:
    print(f"{title}: {len(agents)} of {total} ({len(agents) / total:.2%})")
    for agent in agents[:EXAMPLES]:
        print(f"  {agent[:200]}")


if __name__ == "__main__":
    sys.exit(main())
