"""System checks of this room's settings."""

from typing import Any

from django.core.checks import CheckMessage, Error

from wagtail_crm.conf import crm_settings

# A hundred years: longer is a mistake for days.
MOST_MONTHS = 1_200


def check_rank_months(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E040``: a period that is none."""
    try:
        is_period = 0 <= crm_settings.rank_months <= MOST_MONTHS
    except (TypeError, ValueError, OverflowError):
        is_period = False
    if is_period:
        return []
    return [
        Error(
            f"WAGTAIL_CRM['RANK_MONTHS'] is {crm_settings.raw()['RANK_MONTHS']!r}.",
            hint="Use a number of months, e.g. 12; 0: points count for good.",
            id="wagtail_crm.E040",
        )
    ]
