"""Where the running demo has its servers, so that ``manage.py`` beside it reads the same data."""

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path

LOCK = "demo.lock"
# Names another folder than ``var`` beside manage.py.
VAR = "DEMO_VAR"
_USUAL = Path(__file__).parents[2] / "var"
_ENVIRONMENT = "environment.json"


def chosen_folder() -> Path:
    """Where the demo keeps its data, unless its option says otherwise."""
    return Path(os.environ.get(VAR) or _USUAL)


def manage_command(var: Path) -> str:
    """The command that works on the data of the demo in this folder."""
    command = ".venv/bin/python manage.py"
    return command if var.resolve() == _USUAL.resolve() else f"{VAR}={var} {command}"


def publish(var: Path, environment: Mapping[str, str]) -> None:
    """Write it down for this user only: it has the servers' passwords."""
    path = var / _ENVIRONMENT
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(dict(environment), file)


def withdraw(var: Path) -> None:
    (var / _ENVIRONMENT).unlink(missing_ok=True)


def environment_of(var: Path) -> dict[str, str]:
    """Of the demo that runs in this folder now; empty when none does, even if one was killed."""
    with contextlib.suppress(FileNotFoundError):
        if _is_locked(var / LOCK):
            return json.loads((var / _ENVIRONMENT).read_text())
    return {}


def _is_locked(path: Path) -> bool:
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
