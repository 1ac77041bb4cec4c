"""Telling people from programs that open mails and follow links by themselves."""

import datetime

from wagtail_crm.tracking.devices import is_machine

# Apple's Mail Privacy Protection fetches every picture, read or not, with this and no more.
APPLE_PROXY = "Mozilla/5.0"
# These fetch a picture when somebody opens the mail, in the reader's place. The lists of
# crawlers know them, but what they tell us of is a person.
READERS_PROXIES = ("GoogleImageProxy", "YahooMailProxy")

# Virus scanners look at a mail before anybody can.
SCAN_SECONDS = 15
# So many links of one mail in that time are no reader's doing; fewer when it has fewer.
SCANNED_LINKS = 3
FASTEST_READER = 2


def is_machine_open(user_agent: str, since_sent: datetime.timedelta) -> bool:
    """Whether a program fetched the pixel; ``since_sent`` is how long after sending."""
    if user_agent.strip() == APPLE_PROXY:
        return True
    if any(proxy in user_agent for proxy in READERS_PROXIES):
        return since_sent.total_seconds() < FASTEST_READER
    return is_machine(user_agent)


def is_machine_click(user_agent: str) -> bool:
    """Whether the program that followed a link says that it is one."""
    return user_agent.strip() == APPLE_PROXY or is_machine(user_agent)


def is_scan(links_clicked: int, links: int) -> bool:
    """Whether somebody who followed so many of a mail's links while it was new was a scanner."""
    return links > 1 and links_clicked >= min(SCANNED_LINKS, links)
