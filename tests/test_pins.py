"""Versions are pinned by name alone; where packages come from is the machine's business."""

import re
import subprocess
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.services import ROOT

PINS = ROOT / "constraints" / "dev.txt"
REGISTRIES = r"(pypi|test\.pypi)\.org/simple|pythonhosted\.org|registry\.(npmjs|yarnpkg)|index-url"


def pins():
    lines = [line for line in PINS.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def direct_requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [project["project"]["dependencies"]]
    groups += project["project"]["optional-dependencies"].values()
    groups += project["dependency-groups"].values()
    return [Requirement(line) for group in groups for line in group if isinstance(line, str)]


def test_pins_are_names_and_versions_only():
    lines = PINS.read_text().splitlines()[1:]

    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert len(pins()) == len(lines)


def test_every_direct_requirement_is_pinned_to_a_version_it_allows():
    pinned = {canonicalize_name(name): version for name, version in pins().items()}

    wrong = [
        str(requirement)
        for requirement in direct_requirements()
        if not requirement.specifier.contains(pinned.get(canonicalize_name(requirement.name), "0"))
    ]
    assert wrong == []


def test_no_file_names_a_registry():
    found = subprocess.run(
        ["git", "grep", "-lIE", REGISTRIES, "--", ":!tests/test_pins.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert found.stdout == ""
