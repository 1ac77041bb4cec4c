"""What a user agent string says: the device, and whether it is a machine.

Two judges in a row: the shape of the string (:mod:`wagtail_crm.tracking.browsers`), which also
knows machines that nobody has listed, and a list of names for those that hide in an app's string.
"""

import functools
import re

from crawlerdetect import CrawlerDetect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from user_agents import parse

from . import browsers

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
    return judge(user_agent)


@functools.lru_cache(maxsize=CACHED_STRINGS)
def is_program(browser: str) -> bool:
    """Whether the name of a browser, as :func:`device_of` keeps it, is that of a crawler."""
    return browsers.names_itself_machine(browser) or bool(_detector.is_crawler(browser))


def judge(user_agent: str) -> bool:
    """:func:`is_machine` without a memory. The list has the last word, as it takes the longest."""
    if browsers.is_plain(user_agent):
        return False
    beside, mail_programs = MAIL_PROGRAM.subn("Mozilla/", user_agent)
    if not mail_programs and not browsers.is_shaped_like_a_browser(user_agent):
        return True
    if browsers.names_itself_machine(beside):
        return True
    return bool(_detector.is_crawler(browsers.without_model(beside)))
