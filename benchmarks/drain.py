"""``python -m benchmarks.drain``: a worker in a process of its own, which holds nothing else.

For each line on its standard input it writes what waits in the stream, and answers with one line
of JSON: ``events``, ``seconds``, and ``rss``, the bytes it occupies then.
"""

import json
import sys
import time

import django
import psutil


def main() -> None:
    django.setup()
    from wagtail_crm.tracking import actions

    memory = psutil.Process().memory_info
    for _line in sys.stdin:
        started = time.perf_counter()
        events = actions.drain_buffer()
        seconds = time.perf_counter() - started
        print(json.dumps({"events": events, "seconds": seconds, "rss": memory().rss}), flush=True)


if __name__ == "__main__":
    main()
