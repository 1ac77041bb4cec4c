"""What became of a file: numbers for the screen, and every refused line in a CSV."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from wagtail_crm.members.spreadsheets import neutralise

from .refusals import ImportProblem, Refusal

Fate = Literal["new", "changed", "same", "skipped"]
EXAMPLES = 5
LONGEST_VALUE = 200


@dataclass
class Outcome:
    """Counts lines by what became of them; refusals also go to ``report``, a CSV writer."""

    report: Any = None
    read: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Refusal]] = field(default_factory=dict)
    members_added: int = 0

    @property
    def refused(self) -> int:
        return self.reasons.total()

    def count(self, fate: Fate, lines: int = 1) -> None:
        self.fates[fate] += lines

    def refuse(self, refusal: Refusal) -> None:
        self.reasons[refusal.reason] += 1
        examples = self.examples.setdefault(refusal.reason, [])
        if len(examples) < EXAMPLES:
            examples.append(refusal)
        if self.report:
            cells = (refusal.reason, refusal.column, refusal.value[:LONGEST_VALUE])
            self.report.writerow([refusal.line, *map(neutralise, cells)])


@contextmanager
def open_report(path: Path | None) -> Iterator[Any]:
    """A writer of the CSV of refused lines, with its header; None without a path.

    With a byte order mark, so that spreadsheets read the Japanese. Raises ``ImportProblem``.
    """
    if path is None:
        yield None
        return
    try:
        stream = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as error:
        raise ImportProblem(
            _("The report %(file)s cannot be written: %(reason)s.")
            % {"file": path, "reason": error.strerror or error}
        ) from error
    with stream:
        writer = csv.writer(stream)
        writer.writerow(
            [
                pgettext("import", "Line"),
                pgettext("import", "Reason"),
                pgettext("import", "Column"),
                pgettext("import", "Value"),
            ]
        )
        yield writer
