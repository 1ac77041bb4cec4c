"""Servers of a benchmark, and Django with its tables on them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from example.demo.servers import Postgres, Redis


class Site(NamedTuple):
    """The folder of everything there is, and the servers."""

    folder: Path
    postgres: Postgres
    redis: Redis


@contextmanager
def example_site(
    *, redis_settings: tuple[str, ...] = (), template: str = "", **environment: str
) -> Iterator[Site]:
    """Django as the example site with an empty, migrated database: a copy of ``template``, if any.

    PostgreSQL syncs to disk, as it does where people work.
    """
    folder = Path(tempfile.mkdtemp(prefix="crm-bench-"))
    postgres = Postgres(folder / "postgres", folder / "postgres.log")
    redis = Redis(folder / "redis", folder / "redis.log", settings=redis_settings)
    try:
        postgres.start()
        redis.start()
        postgres.create_database("crm")
        os.environ |= {
            "DATABASE_URL": postgres.url("crm"),
            "REDIS_URL": redis.url(),
            "CRM_VAR": str(folder),
            "DEBUG": "0",
            **environment,
        }
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
        if template:
            postgres.copy_database(template, "crm")
        else:
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
        import django  # reads the environment set above

        django.setup()
        yield Site(folder, postgres, redis)
    finally:
        redis.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
