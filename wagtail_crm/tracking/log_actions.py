"""How what staff do about browsers reads in a member's history in the admin."""

from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import LogActionRegistry, LogFormatter

from .actions import UNLINK_ACTION
from .models import Verdict
from .verdicts import JUDGE_ACTION


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

    @actions.register_action(JUDGE_ACTION)
    class JudgeFormatter(LogFormatter):
        label = _("Say who uses a browser")

        def format_message(self, log_entry: Any) -> str:
            if log_entry.data["verdict"] == Verdict.MACHINE:
                return gettext("Said that a machine uses one of their browsers: not counted")
            return gettext("Said that a person uses one of their browsers: counted again")
