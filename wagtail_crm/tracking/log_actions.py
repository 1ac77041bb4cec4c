"""How what staff do about browsers reads in a member's history in the admin."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.log_actions import LogActionRegistry, LogFormatter

from .actions import UNLINK_ACTION


def register_actions(actions: LogActionRegistry) -> None:
    @actions.register_action(UNLINK_ACTION)
    class UnlinkFormatter(LogFormatter):
        label = _("Take back a browser")

        def format_message(self, log_entry: Any) -> str:
            number = log_entry.data["events"]
            return ngettext(
                "Said that a browser was not theirs: %(number)d event taken back",
                "Said that a browser was not theirs: %(number)d events taken back",
                number,
            ) % {"number": number}
