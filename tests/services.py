"""PostgreSQL and Redis of one test run, shared by all its processes.

The first process starts them and says where in the environment, which the workers of
pytest-xdist inherit. ``DATABASE_URL`` or ``REDIS_URL`` already set: that server is used instead.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from example.demo.servers import FAST, Postgres, Redis

DATABASES_PER_WORKER = 2
WORKERS = 32


def start_services() -> None:
    """Make sure that ``DATABASE_URL`` and ``REDIS_URL`` name servers that run."""
    folder = Path(tempfile.gettempdir()) / f"crm-tests-{os.getpid()}"
    if "DATABASE_URL" not in os.environ:
        server = Postgres(folder / "postgres", folder / "postgres.log", FAST)
        _run(server, folder)
        os.environ["DATABASE_URL"] = server.url("crm")
    if "REDIS_URL" not in os.environ:
        server = Redis(
            folder / "redis",
            folder / "redis.log",
            durable=False,
            databases=WORKERS * DATABASES_PER_WORKER,
        )
        _run(server, folder)
        os.environ["REDIS_URL"] = server.url()


def _run(server: Postgres | Redis, folder: Path) -> None:
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)


def redis_url(purpose: int = 0) -> str:
    """This worker's own database of the run's Redis; ``purpose`` 1 is for browser tests."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    base = os.environ["REDIS_URL"].rsplit("/", 1)[0]
    return f"{base}/{worker * DATABASES_PER_WORKER + purpose}"


def database_url(name: str) -> str:
    """Another database of the run's PostgreSQL."""
    return os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
