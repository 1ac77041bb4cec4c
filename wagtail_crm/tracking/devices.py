"""What a user agent string says: the device, and whether it is a machine."""

import functools
import re

from crawlerdetect import CrawlerDetect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from user_agents import parse

# The words of :func:`device_of` for people.
DEVICES = {
    "phone": _("phone"),
    "tablet": _("tablet"),
    "computer": _("computer"),
    "other": pgettext_lazy("device", "other"),
}
CACHED_STRINGS = 4096
# Nobody's browser says more; so the caches stay small whatever is sent.
LONGEST_STRING = 512

# What the library's list does not know yet: browsers name no address and start like this.
MACHINE = re.compile(r"^(?!Mozilla/|Opera/)|https?://|www\.", re.IGNORECASE)
# The library's list has programs in which people read mail. Their names stand for a browser; what
# a string says beside them still counts, and so does Office when it only looks what is there.
MAIL_PROGRAM = re.compile(
    r"Airmail|Becky!|IBM Notes|Lotus[- ]Notes|Postbox|SparkDesktop|Sylpheed|The Bat!"
    r"|Thunderbird|YahooMobileMail|(Mac|Microsoft )?Outlook(-(Android|Express|iOS))?"
    r"|Microsoft Office(?! \w+ Discovery)",
)

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
    user_agent = MAIL_PROGRAM.sub("Mozilla/", user_agent)
    return bool(MACHINE.search(user_agent) or _detector.is_crawler(user_agent))
