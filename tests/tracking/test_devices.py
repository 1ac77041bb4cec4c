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


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; Microsoft Outlook 16.0; "
        "ms-office; MSOffice 16)",
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.12026; Pro)",
        "MacOutlook/16.40.20081201 (Intelx64 Mac OS X Version 10.15.6)",
        "Outlook-iOS/709.2226530.prod.iphone (3.24.1)",
        "Outlook-Express/7.0 (MSIE 7.0; Windows NT 5.1; SV1; TmstmpExt)",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Airmail/4.6",
        "Airmail/3.6 CFNetwork/975.0.3 Darwin/18.2.0",
        "Mozilla/4.0 (compatible; Lotus-Notes/6.0; Windows-NT)",
        "Lotus-Notes/6.0",
        "The Bat! 9.1",
        "Becky! ver 2.7",
        "YahooMobileMail/1.0 (Android Mail; 1.3.10)",
        "Mozilla/5.0 (Windows NT 10.0; rv:78.0) Gecko/20100101 Thunderbird/78.5.0",
    ],
)
def test_a_program_in_which_people_read_mail_is_no_machine(agent):
    assert is_machine(agent) is False


@pytest.mark.parametrize(
    "agent",
    [
        "Microsoft Office Existence Discovery",
        "Mozilla/5.0 (Windows) Gecko/20050716 Thunderbird/1.0.6 - WebCrawler http://bot.example/",
        "Outlook-iOS/1.0 (compatible; Googlebot/2.1)",
        "SparkPost",
        "curl/8.5.0",
        "",
    ],
)
def test_a_machine_is_one_whatever_else_it_says(agent):
    assert is_machine(agent) is True


@needs_agents
def test_nearly_every_crawler_is_recognised():
    agents = [agent for crawler in load("crawlers.json.gz") for agent in crawler["instances"]]
    missed = [agent for agent in agents if not is_machine(agent)]
    assert len(missed) / len(agents) <= 0.01


@needs_agents
def test_hardly_any_browser_is_taken_for_a_machine():
    agents = [browser["userAgent"] for browser in load("browsers.json.gz")]
    taken = [agent for agent in agents if is_machine(agent)]
    assert len(taken) / len(agents) <= 0.005


@needs_agents
def test_devices_agree_with_their_labels():
    words = {"mobile": "phone", "tablet": "tablet", "desktop": "computer"}
    browsers = load("browsers.json.gz")[:3000]
    agree = sum(
        device_of(browser["userAgent"])["device"] == words[browser["deviceCategory"]]
        for browser in browsers
    )
    assert agree / len(browsers) > 0.9
