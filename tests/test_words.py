"""The Japanese of every room: complete, compiled, and one translation for one English text.

Django reads all catalogs into one, so a text that two of them translate differently is wrong on
one of the two screens: give it a context, or say it more exactly.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

import polib
import pytest

from tests.services import ROOT

CATALOGS = sorted(
    path.relative_to(ROOT)
    for folder in ("wagtail_crm", "example")
    for path in (ROOT / folder).rglob("locale/ja/LC_MESSAGES/django.po")
)
NEIGHBOURS = ("django", "wagtail", "allauth", "taggit")
PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[a-z]|%[sd%]|\{\{?[\w|]*\}?\}|</?[a-z]+|https?:\S+")

each_catalog = pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parts[-5])


def entries(path):
    return [entry for entry in polib.pofile(str(ROOT / path)) if not entry.obsolete]


def name(entry):
    return (entry.msgctxt, entry.msgid)


def japanese(entry):
    return entry.msgstr or entry.msgstr_plural.get(0, "")


def translations(paths):
    """For each text, what each catalog makes of it."""
    found = defaultdict(dict)
    for path in paths:
        for entry in entries(path):
            if entry.translated():
                found[name(entry)][str(path)] = japanese(entry)
    return found


def test_every_room_has_a_catalog():
    rooms = {path.parent.relative_to(ROOT) for path in (ROOT / "wagtail_crm").glob("*/apps.py")}

    assert rooms - {path.parents[3] for path in CATALOGS} == set()


def test_a_text_means_the_same_in_every_room():
    different = {
        text: by_room
        for text, by_room in translations(CATALOGS).items()
        if len(set(by_room.values())) > 1
    }

    assert different == {}


def test_a_text_means_what_django_wagtail_and_allauth_mean_by_it():
    theirs = translations(
        path
        for package in NEIGHBOURS
        for path in Path(str(files(package))).rglob("locale/ja/LC_MESSAGES/django.po")
    )
    different = {
        text: (by_room, theirs[text])
        for text, by_room in translations(CATALOGS).items()
        if text in theirs and not set(by_room.values()) <= set(theirs[text].values())
    }

    assert different == {}


@each_catalog
def test_every_text_is_translated_and_none_is_left_over(path):
    catalog = polib.pofile(str(ROOT / path))
    unfinished = [entry.msgid for entry in catalog if not entry.translated() or entry.obsolete]

    assert unfinished == []


@each_catalog
def test_placeholders_and_markup_are_the_same_in_both_languages(path):
    def marks(text):
        return sorted(set(PLACEHOLDER.findall(text)))

    different = [
        entry.msgid
        for entry in entries(path)
        if marks(entry.msgid + entry.msgid_plural) != marks(japanese(entry))
    ]

    assert different == []


@each_catalog
def test_the_compiled_catalog_says_the_same(path):
    compiled = polib.mofile(str(ROOT / path.with_suffix(".mo")))

    assert {name(entry): japanese(entry) for entry in compiled} == {
        name(entry): japanese(entry) for entry in entries(path)
    }


@pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext is not installed")
def test_every_text_in_the_source_is_in_a_catalog(tmp_path):
    """What ``makemessages`` finds now is what the catalogs have: nothing more, nothing less."""
    for folder in ("wagtail_crm", "example"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("static"))
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale=ja", "--no-obsolete"],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"},
        check=True,
        capture_output=True,
    )

    for path in CATALOGS:
        found = polib.pofile(str(tmp_path / path))
        assert {name(entry) for entry in found} == {name(entry) for entry in entries(path)}, path
