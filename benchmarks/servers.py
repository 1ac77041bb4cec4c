"""Servers of a benchmark, and Django with its tables on them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from example.demo.servers import Postgres, Redis


@contextmanager
def example_site(**environment: str) -> Iterator[Path]:
    """Django as the example site with an empty, migrated database; yields its folder.

    PostgreSQL syncs to disk, as it does where people work.
    """
    folder = Path(tempfile.mkdtemp(prefix="crm-bench-"))
    started: list[Any] = []
    try:
        for server in (
            Postgres(folder / "postgres", folder / "postgres.log"),
            Redis(folder / "redis", folder / "redis.log"),
        ):
            server.start()
            started.append(server)
        postgres, redis = started
        postgres.create_database("crm")
        os.environ |= {
            "DATABASE_URL": postgres.url("crm"),
            "REDIS_URL": redis.url(),
            "CRM_VAR": str(folder),
            "DEBUG": "0",
            **environment,
        }
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example.settings")
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
        import django  # reads the environment set above

        django.setup()
        yield folder
    finally:
        for server in reversed(started):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
