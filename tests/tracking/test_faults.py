"""The small version of ``python -m benchmarks.faults``."""

import json
import os
import subprocess
import sys

import pytest

from tests.services import ROOT, database_url

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
COMMAND = [sys.executable, "-m", "benchmarks.faults", "--events=5000", "--producers=1"]


@pytest.fixture
def migrated(pristine):
    """Address of a migrated database that nobody else copies meanwhile."""
    name = f"faults_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    pristine.copy_to(name)
    yield database_url(name)
    pristine.drop(name)


@pytest.mark.django_db
def test_nothing_is_lost_or_doubled_while_everything_is_killed(migrated):
    site = {"DJANGO_SETTINGS_MODULE": "example.settings"}
    run = subprocess.run(
        [*COMMAND, "--rate=300", "--pause=2", "--seconds=240", f"--template={migrated}"],
        cwd=ROOT,
        env=os.environ | site,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["recorded"] == 5000
    assert result["kills"]
