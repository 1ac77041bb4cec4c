"""A variant of the portal as a process that is asked, with its worker where it has one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from example.demo.processes import Process
from example.demo.servers import Postgres


class Variant:
    """``start``, then :meth:`ask` as often as one likes; one thing at a time."""

    def __init__(self, name: str, postgres: Postgres, redis_url: str, folder: Path) -> None:
        self.name = name
        self.database = f"portal_{name}"
        self.postgres = postgres
        self.folder = folder
        self.env = {
            "DJANGO_SETTINGS_MODULE": "benchmarks.request.settings",
            "BENCH_VARIANT": name,
            "DATABASE_URL": postgres.url(self.database),
            "REDIS_URL": redis_url,
        }
        self._child: subprocess.Popen[str] | None = None
        self._worker: Process | None = None

    def start(self) -> None:
        """Return once the portal has its pages. Raises ``SystemExit`` when it cannot."""
        self._create_database()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.request.serve"],
            env=os.environ | self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()
        if self.name == "crm":
            self._start_worker()

    def _create_database(self) -> None:
        """With the tables that all variants have, which are made once."""
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'portal'")
            if not known.fetchone():
                connection.execute("CREATE DATABASE portal")
                bare = {"BENCH_VARIANT": "bare", "DATABASE_URL": self.postgres.url("portal")}
                migrate = [sys.executable, "-m", "django", "migrate", "-v0"]
                subprocess.run(migrate, env=os.environ | self.env | bare, check=True)
            name = sql.Identifier(self.database)
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE portal").format(name))

    def _start_worker(self) -> None:
        """The views of this variant are written while it is measured, by another process."""
        celery = ["celery", "-A", "benchmarks.request.worker", "worker", "-P", "solo"]
        self._worker = Process(
            "worker",
            [sys.executable, "-m", *celery, "-l", "WARNING", "--without-gossip"],
            log=self.folder / "worker.log",
            env=self.env,
        )
        self._worker.start()

    def ask(self, **command: Any) -> dict[str, Any]:
        """Do something and return the answer."""
        self._child.stdin.write(json.dumps(command) + "\n")
        self._child.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._child.stdout.readline()
        if not line:
            raise SystemExit(f"The portal '{self.name}' ended with {self._child.wait()}.")
        return json.loads(line)

    def stop(self) -> None:
        if self._worker:
            self._worker.stop()
        if self._child:
            self._child.stdin.close()
            self._child.wait(30)
