"""``python -m benchmarks.crowd.build``: fill the database of ``DATABASE_URL``, unless it is filled.

Every part is noted when it is done, with what it was made from: a part that is there is left alone.
"""

import argparse
import datetime
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager

NOTES = "CREATE TABLE IF NOT EXISTS crm_benchmark (part text PRIMARY KEY, made_of text)"
SEED = 5
SEGMENTS = 1_000
EDITOR = "editor@example.jp"
# What a server may use while it sorts tens of millions of rows.
FOR_BUILDING = """
SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 2;
SET synchronous_commit = off; SET work_mem = '256MB';
"""


def main() -> None:
    options = _options()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    parts = {
        "people": _people,
        "totals": _totals,
        "events": _events,
        "letters": _letters,
        "segments": _segments,
    }
    for name in options.parts:
        made_of = str(SEGMENTS if name == "segments" else options.members)
        make(name, made_of, lambda part=parts[name]: part(options.members))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd.build")
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("parts", nargs="*", default=["people", "totals"])
    return parser.parse_args()


def make(part: str, made_of: str, fill: Callable[[], None]) -> None:
    """Fill a part of the database unless that was done. Raises ``SystemExit`` for half a part."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(NOTES)
        cursor.execute("SELECT made_of FROM crm_benchmark WHERE part = %s", [part])
        known = cursor.fetchone()
    if known and known[0] == made_of:
        return
    if known:
        raise SystemExit(f"The {part} of this database are others: {known[0]}, not {made_of}.")
    _note(part, "half done")
    with said(f"Making {part}"), _for_building():
        fill()
    _note(part, made_of)


def _note(part: str, made_of: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        statement = "INSERT INTO crm_benchmark VALUES (%s, %s)"
        statement += " ON CONFLICT (part) DO UPDATE SET made_of = excluded.made_of"
        cursor.execute(statement, [part, made_of])


@contextmanager
def said(what: str):
    """Tell what takes long, and how long it took."""
    print(f"{what} …", end=" ", file=sys.stderr, flush=True)
    started = time.perf_counter()
    yield
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


@contextmanager
def _for_building():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(FOR_BUILDING)
        yield
        cursor.execute("RESET ALL")
        cursor.execute("VACUUM ANALYZE")
    # The next connection has Django's own settings again.
    connection.close()


def _people(members: int) -> None:
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from . import people, tree

    get_user_model().objects.create_superuser(EDITOR, "benchmark")
    tree.plant()
    people.fill(members, timezone.now(), SEED)


def _totals(members: int) -> None:
    from . import deeds, tree

    deeds.fill_totals(members, tree.planted(), _today(), SEED)


def _events(members: int) -> None:
    from . import events, tree

    events.fill_events(members, tree.planted(), _today(), SEED)


def _letters(members: int) -> None:
    from . import letters

    letters.fill_letters(members)


def _segments(members: int) -> None:
    from benchmarks.segments.population import populate

    populate(SEGMENTS, SEED)


def _today() -> datetime.date:
    from wagtail_crm.segments.rules.base import site_today

    return site_today()


if __name__ == "__main__":
    main()
