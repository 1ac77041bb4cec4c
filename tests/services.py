"""PostgreSQL and Redis of one test run, shared by all its processes.

The first process starts them and says where in the environment, which the workers of
pytest-xdist inherit. ``DATABASE_URL`` or ``REDIS_URL`` already set: that server is used instead.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from example.demo.processes import ProcessFailed
from example.demo.servers import FAST, Postgres, Redis

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "tests"
DATABASES_PER_WORKER = 2
WORKERS = 32


def start_services() -> None:
    """Make sure that ``DATABASE_URL`` and ``REDIS_URL`` name servers that run."""
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = _start_postgres().url("crm")
    if "REDIS_URL" not in os.environ:
        folder = _folder_of_this_run()
        server = Redis(
            folder / "redis",
            folder / "redis.log",
            durable=False,
            databases=WORKERS * DATABASES_PER_WORKER,
        )
        _run(server)
        os.environ["REDIS_URL"] = server.url()


def _start_postgres() -> Postgres:
    """The cluster in ``var/tests``, which keeps the migrated database; a new one if it is busy."""
    folder = FOLDER if _claim(FOLDER) else _folder_of_this_run()
    server = Postgres(folder / "postgres", folder / "postgres.log", FAST)
    try:
        _run(server)
    except ProcessFailed:  # cut off in the middle of writing, or from another version
        shutil.rmtree(server.data)
        _run(server)
    return server


def _claim(folder: Path) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "run.lock").open("w")
    atexit.register(lock.close)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _folder_of_this_run() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="crm-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _run(server: Postgres | Redis) -> None:
    atexit.register(server.stop)
    server.start()


def redis_url(purpose: int = 0) -> str:
    """This worker's own database of the run's Redis; ``purpose`` 1 is for browser tests."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    base = os.environ["REDIS_URL"].rsplit("/", 1)[0]
    return f"{base}/{worker * DATABASES_PER_WORKER + purpose}"


def database_url(name: str) -> str:
    """Another database of the run's PostgreSQL."""
    return os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
