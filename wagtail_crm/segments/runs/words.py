"""Runs in words: in lists, and in the history of a segment."""

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import LogActionRegistry, LogFormatter

from wagtail_crm.segments.models import SegmentRun

from .action import HandOver, Options, segment_actions
from .actions import RUN_ACTION


def words_of(run: SegmentRun) -> str:
    """What it does, in the active language."""
    return _words(run.action, run.options)


def _words(slug: str, options: Options) -> str:
    action = segment_actions.get(slug)
    return action.in_words(options) if action else slug


def register_log_actions(actions: LogActionRegistry) -> None:
    """One line for a run, whatever becomes of it."""
    actions.register_action(RUN_ACTION)(RunFormatter)
    actions.register_action("wagtail_crm.static_add")(AddFormatter)
    actions.register_action("wagtail_crm.static_remove")(RemoveFormatter)


class RunFormatter(LogFormatter):
    label = _("Act on the members")

    def format_message(self, log_entry: Any) -> str:
        data = log_entry.data
        words = {"action": _words(data["action"], data["options"]), "outcome": _outcome(data)}
        return gettext("%(action)s – %(outcome)s") % words


def _outcome(data: dict[str, Any]) -> str:
    if isinstance(segment_actions.get(data["action"]), HandOver):
        return _members(data["total"])
    parts = [_members(data["done"])]
    if data["skipped"]:
        text = gettext("%(n)s skipped")
        parts.append(text % {"n": number_format(data["skipped"], force_grouping=True)})
    if data["status"] != SegmentRun.Status.DONE:
        parts.append(str(SegmentRun.Status(data["status"]).label))
    return pgettext("things in a row", ", ").join(parts)


def _members(number: int) -> str:
    text = ngettext("%(n)s member", "%(n)s members", number)
    return text % {"n": number_format(number, force_grouping=True)}


class AddFormatter(LogFormatter):
    label = _("Add members")

    def format_message(self, log_entry: Any) -> str:
        number = log_entry.data["members"]
        text = ngettext("Put in %(n)s member by hand", "Put in %(n)s members by hand", number)
        return text % {"n": number_format(number, force_grouping=True)}


class RemoveFormatter(LogFormatter):
    label = _("Remove members")

    def format_message(self, log_entry: Any) -> str:
        number = log_entry.data["members"]
        text = ngettext("Took out %(n)s member", "Took out %(n)s members", number)
        return text % {"n": number_format(number, force_grouping=True)}
