"""System checks of this room's settings."""

from typing import Any

from django.core.checks import CheckMessage, Error

from wagtail_crm.conf import crm_settings


def check_run_settings(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E015``: files of actions on segments would be gone before they are read."""
    numbers = {"RUN_FILE_DAYS": crm_settings.run_file_days, "RUN_DAYS": crm_settings.run_days}
    problems: list[CheckMessage] = [
        Error(
            f"WAGTAIL_CRM[{name!r}] is {number}.",
            hint="Use a number of at least 1.",
            id="wagtail_crm.E015",
        )
        for name, number in numbers.items()
        if number < 1
    ]
    if not problems and numbers["RUN_DAYS"] < numbers["RUN_FILE_DAYS"]:
        problems.append(
            Error(
                "WAGTAIL_CRM['RUN_DAYS'] is less than WAGTAIL_CRM['RUN_FILE_DAYS'].",
                hint="A file goes with the action it belongs to: keep that at least as long.",
                id="wagtail_crm.E015",
            )
        )
    return problems
