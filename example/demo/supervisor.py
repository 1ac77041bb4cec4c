"""Starts servers, data and processes in order, watches them, stops them in reverse."""

import contextlib
import fcntl
import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from . import running
from .processes import Process, ProcessFailed, free_port
from .servers import NotAvailable, Postgres, Redis
from .site import Site

SMTP_PORT = 1025
CATCHER_OFFSET = 25
OWN = (
    "postgres",
    "redis",
    "example.sqlite3",
    "mail",
    "media",
    "beat-schedule",
    "loaded",
    "logins.txt",
)


class Refused(RuntimeError):
    """The demo cannot start; the message says why and what to do."""


def say(text: str) -> None:
    print(text, flush=True)


@dataclass
class Demo:
    """One demo in one folder. ``start`` returns when the site answers; ``stop`` leaves nothing.

    Empty URLs mean servers of its own. Raises ``Refused`` or ``ProcessFailed``.
    """

    var: Path
    port: int = 8000
    host: str = "127.0.0.1"
    fill: bool = True
    database_url: str = ""
    redis_url: str = ""
    site: Site | None = None
    _servers: list[Postgres | Redis] = field(default_factory=list)
    _lock: IO | None = None
    _current: Process | None = None

    def start(self, *, reset: bool = False) -> None:
        self._claim_folder()
        self._claim_port()
        external = bool(self.database_url)
        if reset and external:
            raise Refused(
                "RESET=1 empties only the demo's own database, and DATABASE_URL names another. "
                "Empty that one yourself, or unset DATABASE_URL."
            )
        if not external and (reset or not self._loaded.exists()):
            self._forget()
        self._start_servers()
        self._prepare(external)
        say("Starting web, worker and mail catcher …")
        self._claim_port()  # the first time loading takes a minute
        self.site = self._site()
        self.site.start()
        running.publish(self.var, self.site.env)
        self._announce()

    def watch(self) -> None:
        """Return never; raise ``ProcessFailed`` when something that should run has ended."""
        while True:
            for process in self._processes():
                if not process.is_running():
                    raise ProcessFailed(process.obituary())
            time.sleep(0.5)

    def stop(self) -> None:
        if self._current:
            self._current.stop()
        if self.site:
            self.site.stop()
        for server in reversed(self._servers):
            server.stop()
        if self._lock:
            if self.site:
                running.withdraw(self.var)
            self._lock.close()

    def _processes(self) -> list[Process]:
        site = self.site.processes() if self.site else []
        return [process for server in self._servers for process in server.processes()] + site

    @property
    def _loaded(self) -> Path:
        """Written when the data is complete: an interrupted load starts afresh."""
        return self.var / "loaded"

    def _claim_folder(self) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        self._lock = (self.var / running.LOCK).open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            raise Refused(
                f"The demo is already running here (process {self._lock.read().strip()}). "
                "Stop that one with Ctrl-C first."
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _claim_port(self) -> None:
        if not _is_free(self.port):
            raise Refused(
                f"Port {self.port} is taken by another program. "
                f"Choose another one: make demo PORT={self.port + 1}"
            )

    def _forget(self) -> None:
        for name in OWN:
            path = self.var / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def _start_servers(self) -> None:
        if not self.database_url:
            server = Postgres(self.var / "postgres", self.var / "log" / "postgres.log")
            fallback = f"sqlite:///{self.var / 'example.sqlite3'}"
            self.database_url = self._serve(
                server, lambda: _database(server), fallback, "Using SQLite instead."
            )
        if not self.redis_url:
            server = Redis(self.var / "redis", self.var / "log" / "redis.log")
            self.redis_url = self._serve(
                server,
                server.url,
                "",
                "Pages write their events directly and no worker runs; jobs run by the clock.",
            )

    def _serve(
        self, server: Postgres | Redis, url: Callable[[], str], fallback: str, meaning: str
    ) -> str:
        say(f"Starting {server.name} …")
        self._servers.append(server)
        try:
            server.start()
        except NotAvailable as problem:
            say(f"{problem} {meaning}")
            self._servers.remove(server)
            return fallback
        return url()

    def _prepare(self, external: bool) -> None:
        """Migrate, and fill what is empty."""
        first = not self._loaded.exists()
        say("Creating the tables and the demo data …" if first else "Checking the tables …")
        fill = ["--fill"] if self.fill and first else []
        options = ["-m", "example.demo.prepare", *fill, *(["--unless-used"] if external else [])]
        self._current = self._site().python("Preparing the data", *options, log=None)
        self._current.start()
        if code := self._current.wait():
            raise ProcessFailed(f"The data could not be prepared (exit code {code}, see above).")
        self._current = None
        self._loaded.touch()

    def _site(self) -> Site:
        """The site on ports that are free at this moment."""
        everywhere = {} if self.host == "127.0.0.1" else {"ALLOWED_HOSTS": "*"}
        return Site(
            var=self.var,
            port=self.port,
            host=self.host,
            smtp_port=_preferred(SMTP_PORT),
            catcher_port=_preferred(self.port + CATCHER_OFFSET),
            database_url=self.database_url,
            redis_url=self.redis_url or None,
            extra_env={"DEBUG": os.environ.get("DEBUG", "0")} | everywhere,
        )

    def _announce(self) -> None:
        say(f"\nready {self.site.url}\n")
        say(f"admin         {self.site.url}admin/")
        say(f"mail catcher  {self.site.catcher_url}   (SMTP 127.0.0.1:{self.site.smtp_port})")
        with contextlib.suppress(FileNotFoundError):
            say((self.var / "logins.txt").read_text().rstrip())
        command = running.manage_command(self.var)
        say(f"commands      {command} … works on this data while the demo runs")
        say(f"logs          {self.var / 'log'}\n\nCtrl-C stops everything; the data stays.")


def _database(server: Postgres) -> str:
    server.create_database("crm")
    return server.url("crm")


def _is_free(port: int) -> bool:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)) == 0:
                return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _preferred(port: int) -> int:
    return port if _is_free(port) else free_port()
