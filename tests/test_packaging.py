"""The wheel holds all it needs, and a site that ``wagtail start`` made can use it."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from textwrap import dedent

import pytest

from tests.services import ROOT

pytestmark = [pytest.mark.xdist_group("packaging"), pytest.mark.slow]
TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"```python\n# (mysite/\S+\.py)\n(.*?)```", re.DOTALL)
# One process for all, because each one spends seconds on loading Wagtail.
TRY = """
import django
from django.conf import settings
from django.core.management import call_command

django.setup()
from django.test import Client

call_command("migrate", verbosity=0)
call_command("check", fail_level="WARNING")
call_command("makemigrations", check_changes=True, dry_run=True)
settings.ALLOWED_HOSTS = ["testserver"]
for path in ("/", "/admin/login/", "/accounts/signup/", "/accounts/login/"):
    print(path, Client().get(path).status_code)

from django.contrib.auth import get_user_model

get_user_model().objects.create_superuser("editor", "editor@example.com", "password")
print("editor signs in by name:", Client().login(username="editor", password="password"))
"""
SAID = """\
System check identified no issues (0 silenced).
No changes detected
/ 200
/admin/login/ 200
/accounts/signup/ 200
/accounts/login/ 200
editor signs in by name: True
"""


# The tests' own settings and servers are none of the new site's business.
OURS = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "PYTHONPATH"}
CLEAN = {name: value for name, value in os.environ.items() if name not in OURS}


def git_files(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.splitlines()


def run(*command, cwd, env=None):
    """Output of a command that must succeed."""
    done = subprocess.run(command, cwd=cwd, env=env or CLEAN, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, so that nothing left over from an earlier build gets in."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in git_files("wagtail_crm", "pyproject.toml", "LICENSE", "README.md"):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "build", "-w", "-n", "-o", str(out), str(source), cwd=source)
    (built,) = out.glob("*.whl")
    return built


def test_wheel_holds_the_package_whole_and_nothing_else(wheel):
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert packed == set(git_files("wagtail_crm"))


@pytest.mark.parametrize(
    "pattern",
    [
        r"wagtail_crm/py\.typed",
        r"wagtail_crm/\w+/migrations/0001_initial\.py",
        r"wagtail_crm/\w+/locale/ja/LC_MESSAGES/django\.po",
        r"wagtail_crm/\w+/locale/ja/LC_MESSAGES/django\.mo",
        r"wagtail_crm/\w+/templates/wagtail_crm/\w+/\w+\.html",
        r"wagtail_crm/\w+/static/wagtail_crm/.+\.css",
    ],
)
def test_wheel_holds_each_kind_of_file(wheel, pattern):
    assert any(re.fullmatch(pattern, name) for name in zipfile.ZipFile(wheel).namelist())


def test_wheel_says_its_licence_and_that_it_is_typed(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        metadata = archive.read(name).decode()

    assert "License-Expression: BSD-3-Clause" in metadata
    assert "Classifier: Typing :: Typed" in metadata


@pytest.mark.skipif(not TUTORIAL.exists(), reason="docs/tutorial.md is not written yet")
def test_wheel_runs_in_a_new_wagtail_site(wheel, tmp_path):
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    pins = ROOT / "constraints" / "dev.txt"
    pip = [sys.executable, "-m", "pip", f"--python={python}", "--disable-pip-version-check"]
    install = [*pip, "install", "-q", "--no-compile", "-c", str(pins), str(wheel)]
    done = subprocess.run(install, capture_output=True, text=True)
    if re.search(
        "NewConnectionError|No matching distribution|Could not find a version", done.stderr
    ):
        pytest.skip("pip reaches no index here")
    assert done.returncode == 0, done.stderr

    run(str(environment / "bin" / "wagtail"), "start", "mysite", cwd=tmp_path)
    site = tmp_path / "mysite"
    for name, code in BLOCK.findall(TUTORIAL.read_text()):
        with (site / name).open("a") as file:
            file.write("\n\n" + dedent(code))
    env = CLEAN | {"DJANGO_SETTINGS_MODULE": "mysite.settings.dev"}
    assert run(str(python), "-c", TRY, cwd=site, env=env) == SAID
