"""The example site's own processes: web, worker, beat, mail catcher."""

import http.client
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from .processes import Process


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def answers(url: str) -> bool:
    """Whether a GET is answered with a page or a redirect."""
    try:
        with OPENER.open(url, timeout=30):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 400
    except (OSError, http.client.HTTPException):
        return False


@dataclass
class Site:
    """One running copy of the example site. Without ``redis_url``: no worker, work by the clock."""

    var: Path
    port: int
    smtp_port: int
    catcher_port: int
    database_url: str
    redis_url: str | None
    host: str = "127.0.0.1"
    settings_module: str = "example.settings"
    ready_path: str = ""
    extra_env: dict[str, str] = field(default_factory=dict)
    _started: list[Process] = field(default_factory=list, repr=False)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def catcher_url(self) -> str:
        return f"http://localhost:{self.catcher_port}/"

    @property
    def env(self) -> dict[str, str]:
        """Environment of every process of the site."""
        return {
            "DJANGO_SETTINGS_MODULE": self.settings_module,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url or "",
            "CRM_VAR": str(self.var),
            "BASE_URL": self.url.rstrip("/"),
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.smtp_port),
            "PYTHONUNBUFFERED": "1",
        } | self.extra_env

    def python(self, name: str, *arguments: str, log: Path | None) -> Process:
        """A Python program in the site's environment, not started yet."""
        return Process(name, [sys.executable, *arguments], log=log, env=self.env)

    def processes(self) -> list[Process]:
        return list(self._started)

    def start(self) -> None:
        """Start everything; returns when all of it works. Raises ``ProcessFailed``."""
        waits = [(self._run(process), ready) for process, ready in self._plan()]
        for process, ready in waits:
            process.wait_until(ready, seconds=120)

    def stop(self) -> None:
        """Ask all of them at once, then wait; nothing is left."""
        for process in self._started:
            process.ask_to_stop()
        for process in self._started:
            process.stop()
        self._started.clear()

    def _run(self, process: Process) -> Process:
        process.start()
        self._started.append(process)
        return process

    def _plan(self):
        catcher = self._module("catcher", "example.demo.catcher", *self._catcher_options())
        yield catcher, lambda: answers(self.catcher_url.replace("localhost", "127.0.0.1"))
        web = self._module("web", "gunicorn", *self._gunicorn_options())
        yield web, lambda: answers(f"http://127.0.0.1:{self.port}/{self.ready_path}")
        if not self.redis_url:
            yield self._module("jobs", "example.demo.clock"), lambda: True
            return
        celery = ("celery", "-A", "example.celery")
        worker = self._module("worker", *celery, "worker", "-c", "2", "-l", "INFO")
        yield worker, lambda: " ready." in worker.output()
        schedule = str(self.var / "beat-schedule")
        beat = self._module("beat", *celery, "beat", "-s", schedule, "-l", "INFO")
        yield beat, lambda: "beat: Starting" in beat.output()

    def _module(self, name: str, module: str, *arguments: str) -> Process:
        return self.python(name, "-m", module, *arguments, log=self.var / "log" / f"{name}.log")

    def _catcher_options(self) -> list[str]:
        return [
            f"--host={self.host}",
            f"--smtp={self.smtp_port}",
            f"--web={self.catcher_port}",
            f"--folder={self.var / 'mail'}",
        ]

    def _gunicorn_options(self) -> list[str]:
        return [
            "example.wsgi",
            f"--bind={self.host}:{self.port}",
            "--workers=2",
            "--threads=4",
            "--timeout=120",
            "--graceful-timeout=5",
            "--no-control-socket",
        ]
