"""Child processes that cannot outlive their parent."""

import contextlib
import ctypes
import functools
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProcessFailed(RuntimeError):
    """A process ended, or did not become ready; the message says which and shows its log."""


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def as_user(name: str | None) -> dict[str, Any]:
    """Arguments of ``subprocess`` that give up root for ``name`` altogether, groups included."""
    if name is None:
        return {}
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


def die_with_parent(stop_signal: signal.Signals) -> None:
    """Have the kernel send this process a signal when its parent ends (Linux only)."""
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, stop_signal)


@dataclass
class Process:
    """One program in a session of its own, its output in a file (None: on the terminal).

    On Linux the kernel sends ``stop_signal`` when the parent dies, however it dies.
    """

    name: str
    command: list[str]
    log: Path | None
    env: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None
    stdin: bytes = b""
    _child: subprocess.Popen | None = field(default=None, repr=False)

    def start(self) -> None:
        with self._open_log() as output:
            self._child = subprocess.Popen(
                self.command,
                env=os.environ | self.env,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                **as_user(self.user),
                preexec_fn=functools.partial(die_with_parent, self.stop_signal),
            )
        self._child.stdin.write(self.stdin)
        self._child.stdin.close()

    def _open_log(self) -> contextlib.AbstractContextManager:
        if self.log is None:
            return contextlib.nullcontext()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        return self.log.open("wb")

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Poll ``ready`` until true; ``ProcessFailed`` when the process ends or time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.is_running():
                raise ProcessFailed(self.obituary())
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{self.name} gave no answer in {seconds:g} s.\n{self.tail()}")
            time.sleep(0.05)

    def obituary(self) -> str:
        code = self._child.returncode if self._child else None
        how = f"by {signal.Signals(-code).name}" if code and code < 0 else f"with exit code {code}"
        return f"{self.name} ended {how}.\n{self.tail()}"

    def output(self) -> str:
        """What it wrote to its log so far."""
        return self.log.read_text(errors="replace") if self.log and self.log.exists() else ""

    def tail(self, lines: int = 20) -> str:
        shown = "\n".join(f"  {line}" for line in self.output().splitlines()[-lines:])
        return f"Last lines of {self.log}:\n{shown}"

    def wait(self) -> int:
        """Block until it ends; its exit code."""
        return self._child.wait()

    def ask_to_stop(self) -> None:
        """Send the signal of an orderly end to the program; its own children are its business."""
        if self.is_running():
            self._child.send_signal(self.stop_signal)

    def stop(self, seconds: float = 10) -> None:
        """Ask, wait, then kill whatever is left of the whole group."""
        if not self._child:
            return
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)
        self._kill_group()
        self._child.wait()

    def _kill_group(self) -> None:
        # macOS says EPERM for a group of zombies.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
