"""What can be wrong: with the whole import, or with one line of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _


class ImportProblem(Exception):
    """The import cannot run as asked; the message says to a person what to do."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line that was not imported. ``reason`` is the same text for the same kind of fault."""

    line: int
    reason: str
    column: str = ""
    value: str = ""


class Refused(Exception):
    """Raised while a line is read: it becomes a :class:`Refusal` and the others go on.

    The fault is said of a column of the file, or of one of our fields that a column fills.
    """

    def __init__(self, reason: str, *, column: str = "", field: str = "", value: str = "") -> None:
        super().__init__(reason)
        self.reason, self.column, self.field, self.value = reason, column, field, value

    def at(self, line: int, columns: Mapping[str, str]) -> Refusal:
        """``columns`` are the names of the columns by the fields they fill."""
        column = self.column or columns.get(self.field) or self.field
        return Refusal(line, self.reason, column, self.value)


def did_you_mean(name: str, known: list[str]) -> str:
    """A sentence that points at the nearest of ``known``, or "" when none is near."""
    close = get_close_matches(name, known, n=1)
    return " " + _("Did you mean '%(name)s'?") % {"name": close[0]} if close else ""
