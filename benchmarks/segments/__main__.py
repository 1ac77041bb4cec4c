"""``python -m benchmarks.segments``: how fast membership follows, at a million members.

Makes a crowd once and keeps it (``--folder``), or uses a PostgreSQL server of yours
(``--database``). The segment asked has ten rules; :mod:`.ten_rules` has it in words and as SQL.
Prints a table and, last, one line of JSON:

``rebuild_ratio``
    A full rebuild of that segment, beside the same question written by hand. Both ask who is to be
    in it, take out of the same table who is not, and put in who is missing; before each turn a
    hundredth of its members was exchanged for others. They take turns; the median of the pairs.
    ``select_ratio`` is the question alone.
``count_s``
    How many it has, of how many, and ten of them: what the editor asks while rules are typed.
``incremental_ratio``
    Following a batch of 1,000 events with this segment alone, beside its full rebuild.
``fresh_p99_s``
    With a thousand segments live: seconds from the commit of what 1,000 members did until every
    membership is right and everybody was told; the slowest of a hundred batches.

And the same with ``_tenth`` for a tenth of the members. Ends with 1 above the budgets of
DESIGN.md §6, which are for the full size.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.crowd.servers import Crowds, crowds

BUDGET = {"rebuild_ratio": 1.15, "incremental_ratio": 0.01, "fresh_p99_s": 2.0}
ROWS = (
    "rebuild_s", "by_hand_s", "rebuild_ratio", "select_ratio", "count_s", "incremental_s",
    "incremental_ratio", "fresh_p50_s", "fresh_p99_s",
)  # fmt: skip
TOLD = ("rebuild_ratio", "count_s", "incremental_ratio", "fresh_p99_s")


def main() -> int:
    options = _options()
    sizes = [options.members // 10, options.members]
    with crowds(options.folder, options.database, sizes) as made:
        tenth, full = (_measure(made, members, options) for members in sizes)
    print(f"{'members':24}{sizes[0]:>12,}{sizes[1]:>12,}")
    for name in ROWS:
        print(f"{name:24}{tenth[name]:12.4f}{full[name]:12.4f}")
    result = {"bench": "segments", "members": options.members}
    result |= {name: round(full[name], 4) for name in TOLD}
    result |= {f"{name}_tenth": round(tenth[name], 4) for name in TOLD}
    above = [name for name, budget in BUDGET.items() if full[name] > budget]
    for name in above:
        print(f"Above budget: {name} (allowed: {BUDGET[name]})")
    print(json.dumps(result))
    return 1 if above else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.segments",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--segments", type=int, default=1_000)
    parser.add_argument("--batches", type=int, default=100, help="of 1,000 members")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each way")
    parser.add_argument("--database", help="URL of a server on which databases may be made")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"), help="where it is kept")
    return parser.parse_args()


def _measure(made: Crowds, members: int, options: argparse.Namespace) -> dict[str, float]:
    print(f"Measuring {members:,} members …", file=sys.stderr)
    given = [f"--{name}={getattr(options, name)}" for name in ("segments", "batches", "rounds")]
    return json.loads(
        made.run(members, "benchmarks.segments.measure", *given, capture=True).splitlines()[-1]
    )


if __name__ == "__main__":
    sys.exit(main())
