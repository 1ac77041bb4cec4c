"""Contributions through hooks: collected once, of one type, each slug once."""

from dataclasses import dataclass

import pytest
from django.core.exceptions import ImproperlyConfigured
from wagtail import hooks

from wagtail_crm import registry as registry_module
from wagtail_crm.registry import Registry

HOOK = "register_crm_test_things"


@dataclass(frozen=True)
class Thing:
    slug: str


@pytest.fixture
def things():
    registry = Registry(HOOK, Thing)
    yield registry
    registry_module._registries.remove(registry)


def contribution(*items):
    return hooks.register_temporarily(HOOK, lambda: items)


def test_items_are_a_mapping_by_slug_in_hook_order(things):
    with (
        hooks.register_temporarily(HOOK, lambda: [Thing("late")], order=10),
        contribution(Thing("first"), Thing("second")),
    ):
        assert dict(things) == {s: Thing(s) for s in ("first", "second", "late")}
        assert list(things) == ["first", "second", "late"]
        assert len(things) == 3
        assert things["second"] == Thing("second")


def test_nothing_contributed_is_empty(things):
    assert dict(things) == {}
    assert "first" not in things


def test_hooks_are_asked_once_until_cleared(things):
    asked = []

    def contribute():
        asked.append(1)
        return [Thing("one")]

    with hooks.register_temporarily(HOOK, contribute):
        assert (len(things), len(things)) == (1, 1)
        assert len(asked) == 1
        things.clear()
        assert len(things) == 1
        assert len(asked) == 2


def test_another_type_is_refused_and_its_source_named(things):
    with (
        contribution("text"),
        pytest.raises(ImproperlyConfigured, match="test_registry.*'text'.*not a Thing"),
    ):
        len(things)


def test_a_slug_twice_is_refused(things):
    with (
        contribution(Thing("same")),
        contribution(Thing("same")),
        pytest.raises(ImproperlyConfigured, match="registers 'same' again"),
    ):
        len(things)
