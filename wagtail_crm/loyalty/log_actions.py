"""How points given by hand read in a member's history in the admin."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import LogActionRegistry, LogFormatter

from .amounts import signed

POINTS_ACTION = "wagtail_crm.points"


def register_actions(actions: LogActionRegistry) -> None:
    @actions.register_action(POINTS_ACTION)
    class PointsFormatter(LogFormatter):
        label = _("Change points")

        def format_message(self, log_entry: Any) -> str:
            words = {"points": signed(log_entry.data["points"]), "reason": log_entry.data["reason"]}
            return gettext("%(points)s: %(reason)s") % words
