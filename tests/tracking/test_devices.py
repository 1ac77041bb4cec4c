import gzip
import json
from pathlib import Path

import pytest

from tests.tracking.factories import CHROME, IPHONE
from wagtail_crm.tracking.devices import device_of, is_machine

AGENTS = Path(__file__).parents[3] / "shared" / "data" / "user_agents"
needs_agents = pytest.mark.skipif(
    not AGENTS.exists(), reason="../shared/data/user_agents is not here"
)


def load(name):
    with gzip.open(AGENTS / name) as file:
        return json.load(file)


def test_devices():
    assert device_of(CHROME) == {"device": "computer", "os": "Windows", "browser": "Chrome"}
    assert device_of(IPHONE) == {"device": "phone", "os": "iOS", "browser": "Mobile Safari"}
    assert device_of("")["device"] == "other"


def test_an_endless_string_is_cut():
    assert device_of(CHROME + "x" * 10_000_000) == device_of(CHROME + "x" * 1000)


@needs_agents
def test_nearly_every_crawler_is_recognised():
    agents = [agent for crawler in load("crawlers.json.gz") for agent in crawler["instances"]]
    missed = [agent for agent in agents if not is_machine(agent)]
    assert len(missed) / len(agents) < 0.03


@needs_agents
def test_hardly_any_browser_is_taken_for_a_machine():
    agents = [browser["userAgent"] for browser in load("browsers.json.gz")[:3000]]
    taken = [agent for agent in agents if is_machine(agent)]
    assert len(taken) / len(agents) < 0.005


@needs_agents
def test_devices_agree_with_their_labels():
    words = {"mobile": "phone", "tablet": "tablet", "desktop": "computer"}
    browsers = load("browsers.json.gz")[:3000]
    agree = sum(
        device_of(browser["userAgent"])["device"] == words[browser["deviceCategory"]]
        for browser in browsers
    )
    assert agree / len(browsers) > 0.9
