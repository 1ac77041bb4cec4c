"""System checks of this room's settings."""

from email.utils import parseaddr
from typing import Any

from django.core.checks import CheckMessage, Error, Warning

from wagtail_crm.conf import crm_settings

# A worker gives up a batch at half its lease; one mail must fit in well before that.
SHORTEST_LEASE = 60


def check_mail_settings(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E020`` sender without an address; ``E021`` numbers below one; ``W020``."""
    problems: list[CheckMessage] = []
    if "@" not in parseaddr(crm_settings.mail_from)[1]:
        problems.append(
            Error(
                f"WAGTAIL_CRM['MAIL_FROM'] is {crm_settings.mail_from!r}, which is no address.",
                hint="Write it as 'Name <name@example.org>', or set DEFAULT_FROM_EMAIL.",
                id="wagtail_crm.E020",
            )
        )
    for name in ("mail_batch_size", "mail_workers", "mail_connections", "mail_attempts"):
        if getattr(crm_settings, name) < 1:
            problems.append(
                Error(
                    f"WAGTAIL_CRM[{name.upper()!r}] is {getattr(crm_settings, name)}.",
                    hint="Use a number of at least 1.",
                    id="wagtail_crm.E021",
                )
            )
    if crm_settings.mail_lease < SHORTEST_LEASE:
        problems.append(
            Warning(
                f"WAGTAIL_CRM['MAIL_LEASE'] is {crm_settings.mail_lease} seconds.",
                hint=f"Below {SHORTEST_LEASE} a slow mail server makes two workers send the same.",
                id="wagtail_crm.W020",
            )
        )
    return problems
