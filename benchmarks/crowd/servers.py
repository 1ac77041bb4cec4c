"""The servers of a crowd: a PostgreSQL that is kept for the next run, and a Redis that is not."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import errors, sql

from example.demo.servers import Postgres, Redis

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = ("wagtail_crm/*/migrations/*.py", "example/*/migrations/*.py")
# Counted up when the people, their pages or their habits are made in another way.
VERSION = 1
# A server of 24 GB that others use as well; the same for our statements and for those by hand.
SETTINGS = (
    "shared_buffers=3GB",
    "effective_cache_size=12GB",
    "random_page_cost=1.1",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
)
# Nobody misses half a crowd after a power cut.
BUILDING = (
    *SETTINGS,
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
)


class Crowds:
    """Databases full of people; see :func:`crowds`."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.folder = folder
        self.url = url
        self.redis: Redis | None = None

    def environment(self, members: int) -> dict[str, str]:
        """Of a process that works with the crowd of so many members."""
        parts = urlsplit(self.url or "")
        return {
            "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name_of(members)}")),
            "REDIS_URL": self.redis.url() if self.redis else "",
            "CRM_VAR": str(self.folder / "var"),
            "DEBUG": "0",
            "DJANGO_SETTINGS_MODULE": "example.settings",
        }

    def run(self, members: int, *command: str, capture: bool = False) -> str:
        """Run ``python -m …`` for a crowd; what it printed. Raises ``SystemExit`` when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            env=os.environ | self.environment(members),
            stdout=subprocess.PIPE if capture else None,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}.")
        return done.stdout or ""


def name_of(members: int) -> str:
    """Of the database; another one when the tables or the way it is filled are others."""
    made_of = hashlib.sha256(str(VERSION).encode())
    for path in sorted(path for pattern in MIGRATIONS for path in ROOT.glob(pattern)):
        made_of.update(path.read_bytes())
    return f"crm_crowd_{members}_{made_of.hexdigest()[:8]}"


@contextmanager
def crowds(folder: Path, url: str | None, sizes: list[int], *parts: str) -> Iterator[Crowds]:
    """Servers with a filled database for each size of crowd.

    ``url`` names a server on which databases may be made; without it an embedded one keeps its
    data in ``folder``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ours = None if url else Postgres(folder / "postgres", folder / "postgres.log", BUILDING)
    made = Crowds(folder, url)
    scratch = Path(tempfile.mkdtemp(prefix="crm-bench-"))
    try:
        if ours:
            ours.start()
            made.url = ours.url()
        made.redis = Redis(scratch / "redis", scratch / "redis.log", durable=False)
        made.redis.start()
        _fill(made, sizes, parts)
        if ours:
            # From here on it keeps its promises, as it does where people work.
            ours.stop()
            ours.settings = SETTINGS
            ours.start()
            made.url = ours.url()
        yield made
    finally:
        for server in (made.redis, ours):
            if server:
                server.stop()
        shutil.rmtree(scratch, ignore_errors=True)


def _fill(made: Crowds, sizes: list[int], parts: tuple[str, ...]) -> None:
    for members in sizes:
        with psycopg.connect(made.url, autocommit=True) as connection:
            create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name_of(members)))
            with suppress(errors.DuplicateDatabase):
                connection.execute(create)
        made.run(members, "benchmarks.crowd.build", f"--members={members}", *parts)
