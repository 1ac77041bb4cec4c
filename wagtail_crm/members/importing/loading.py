"""The way of every import: lines are read, gathered, and written together or not at all."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from .binding import LineReader, Values
from .outcome import Outcome
from .reader import Table
from .refusals import ImportProblem, Refusal, Refused

# Lines written in one go: large, because the rooms that follow hear of each chunk once.
CHUNK = 5_000


class Importer(ABC):
    """One kind of file: which fields it has, and how they become rows."""

    # The fields every mapping may fill, and the conversion each gets when the mapping names none.
    fields: Mapping[str, str]
    # The same with those that depend on the mapping.
    conversions: Mapping[str, str]

    def prepare(self) -> None:  # noqa: B027  # most have nothing to prepare
        """Write what the lines rely on; part of the transaction."""

    @abstractmethod
    def read(self, line: int, values: Values) -> Any:
        """Check a line's values; returns what :meth:`write` takes. Raises ``Refused``."""

    @abstractmethod
    def write(self, items: list[Any], outcome: Outcome) -> None:
        """Write what was read, in the caller's transaction, and count what became of it."""


@dataclass(frozen=True)
class LoadOptions:
    """``batch``: commit after so many lines, instead of once; ``strict``: load all or nothing."""

    batch: int = 0
    dry_run: bool = False
    strict: bool = False

    @property
    def at_once(self) -> bool:
        return not self.batch or self.dry_run or self.strict


def load(
    *,
    table: Table,
    lines: LineReader,
    importer: Importer,
    outcome: Outcome,
    options: LoadOptions = LoadOptions(),
    tick: Callable[[int], None] = lambda line: None,
) -> bool:
    """Load a table; ``tick`` hears the number of each line. False when nothing was kept.

    Raises ``ImportProblem`` when the database refuses; then nothing of the transaction is kept.
    """
    items = _understood(table, lines, importer, outcome, tick)
    chunk: list[Any] = []
    try:
        with transaction.atomic() if options.at_once else nullcontext():
            importer.prepare()
            while chunk := list(islice(items, options.batch or CHUNK)):
                with transaction.atomic():
                    importer.write(chunk, outcome)
            dropped = options.dry_run or (options.strict and outcome.refused > 0)
            if dropped:
                transaction.set_rollback(True)
    except DatabaseError as error:
        text = (
            _("Nothing was kept, because the database refused near line %(line)d: %(reason)s")
            if options.at_once
            else _("The database refused near line %(line)d; what is before is kept: %(reason)s")
        )
        line = chunk[0].line if chunk else 1
        raise ImportProblem(text % {"line": line, "reason": error}) from error
    return not dropped


def _understood(
    table: Table,
    lines: LineReader,
    importer: Importer,
    outcome: Outcome,
    tick: Callable[[int], None],
) -> Iterator[Any]:
    for row in table:
        outcome.read += 1
        tick(row.line)
        if isinstance(row, Refusal):
            outcome.refuse(row)
            continue
        try:
            values = lines.read(row)
            if values is None:
                outcome.count("skipped")
            else:
                yield importer.read(row.line, values)
        except Refused as refused:
            outcome.refuse(refused.at(row.line, lines.columns))
