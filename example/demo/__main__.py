"""``make demo``: the whole example site on this machine until Ctrl-C."""

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path

from .processes import ProcessFailed, die_with_parent
from .running import chosen_folder
from .supervisor import Demo, Refused


class Stopped(BaseException):
    """Ctrl-C, or a signal to end."""


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _stop(number: int, frame: object) -> None:
    for other in SIGNALS:
        signal.signal(other, _already_stopping)
    raise Stopped


def _already_stopping(number: int, frame: object) -> None:
    """A second Ctrl-C must not cut the orderly end short."""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m example.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="where the site answers")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 answers other machines too")
    parser.add_argument("--reset", action="store_true", help="forget all data and start afresh")
    parser.add_argument("--empty", action="store_true", help="load no demo data")
    parser.add_argument(
        "--var", type=Path, default=chosen_folder(), help="folder of all its data, or DEMO_VAR"
    )
    parser.add_argument("--with-parent", action="store_true", help="stop when the caller ends")
    return parser.parse_args()


def main() -> int:
    options = _options()
    if options.with_parent:
        die_with_parent(signal.SIGTERM)
    for number in SIGNALS:
        signal.signal(number, _stop)
    demo = Demo(
        var=options.var.resolve(),
        port=options.port,
        host=options.host,
        fill=not options.empty,
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=os.environ.get("REDIS_URL", ""),
    )
    try:
        demo.start(reset=options.reset)
        demo.watch()
    except Stopped:
        with contextlib.suppress(OSError):  # the terminal may be gone
            print("\nStopping …", flush=True)
        return 0
    except (ProcessFailed, Refused) as problem:
        print(f"\n{problem}", file=sys.stderr, flush=True)
        return 1
    finally:
        demo.stop()


if __name__ == "__main__":
    sys.exit(main())
