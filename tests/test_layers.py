"""The rooms of DESIGN: which may know which, in imports and in the database."""

import configparser
import subprocess
import sys

from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from tests.services import ROOT

CONTRACT = "importlinter:contract:rooms"


def layers():
    """Names of packages and modules, highest first; those side by side are one set."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config[CONTRACT]["layers"].strip().splitlines()
    return [{name.strip() for name in line.split("|")} for line in lines]


def height(app_name):
    for place, names in enumerate(reversed(layers())):
        if app_name in names:
            return place
    return None


def our_models():
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("wagtail_crm.")
    ]


def upward_keys(models):
    found = []
    for model in models:
        own = model._meta.app_config.name
        for field in model._meta.get_fields(include_hidden=True):
            if not field.is_relation or field.auto_created or not field.related_model:
                continue
            target = field.related_model._meta.app_config.name
            if target == own or not target.startswith("wagtail_crm"):
                continue
            if not height(target) < height(own):
                found.append(f"{model._meta.label}.{field.name} → {field.related_model.__name__}")
    return found


def test_no_foreign_key_points_upwards_or_sideways():
    assert upward_keys(our_models()) == []


@isolate_apps("wagtail_crm.members")
def test_an_upward_key_would_be_found():
    class Upward(models.Model):
        event = models.ForeignKey("wagtail_crm_tracking.Event", models.CASCADE)

        class Meta:
            app_label = "wagtail_crm_members"

        def __str__(self):
            return ""

    Upward.event.field.remote_field.model = apps.get_model("wagtail_crm_tracking.Event")

    assert upward_keys([Upward]) == ["wagtail_crm_members.Upward.event → Event"]


def test_every_room_stands_in_the_contract():
    rooms = {config.name for config in apps.get_app_configs()}
    ours = {name for name in rooms if name.startswith("wagtail_crm.")}

    assert ours - set.union(*layers()) == set()


def test_labels_follow_the_room():
    labels = {c.name: c.label for c in apps.get_app_configs() if c.name.startswith("wagtail_crm.")}

    assert labels == {name: f"wagtail_crm_{name.split('.')[1]}" for name in labels}


def test_imports_keep_the_contracts():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
