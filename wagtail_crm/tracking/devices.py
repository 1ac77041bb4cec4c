"""What a user agent string says: the device, and whether it is a machine."""

import functools
import re

from crawlerdetect import CrawlerDetect
from user_agents import parse

CACHED_STRINGS = 4096
# Nobody's browser says more; so the caches stay small whatever is sent.
LONGEST_STRING = 512

# What the library's list does not know yet: browsers name no address and start like this.
MACHINE = re.compile(r"^(?!Mozilla/|Opera/)|https?://|www\.", re.IGNORECASE)

_detector = CrawlerDetect()


def device_of(user_agent: str) -> dict[str, str]:
    """``{"device": phone|tablet|computer|other, "os": …, "browser": …}`` by ua-parser."""
    return _device_of(user_agent[:LONGEST_STRING])


def is_machine(user_agent: str) -> bool:
    """Whether the string is that of a crawler, a monitor, a library, or empty."""
    return _is_machine(user_agent[:LONGEST_STRING])


@functools.lru_cache(maxsize=CACHED_STRINGS)
def _device_of(user_agent: str) -> dict[str, str]:
    agent = parse(user_agent)
    if agent.is_tablet:
        device = "tablet"
    elif agent.is_mobile:
        device = "phone"
    elif agent.is_pc:
        device = "computer"
    else:
        device = "other"
    return {"device": device, "os": agent.os.family, "browser": agent.browser.family}


@functools.lru_cache(maxsize=CACHED_STRINGS)
def _is_machine(user_agent: str) -> bool:
    return bool(MACHINE.search(user_agent) or _detector.is_crawler(user_agent))
