"""From text to lines of cells: whatever is wrong with a line is said of that line only."""

import csv
import io
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO

from django.utils.translation import gettext as _

from .decoding import UNREADABLE, TextFile
from .refusals import ImportProblem, Refusal

DELIMITERS = ",;\t|"
# Beyond this a line is not read into memory at all.
LONGEST_LINE = 1_000_000
HEAD = 65_536


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one record; ``line`` is where it begins in the file, the first being 1."""

    line: int
    cells: list[str]


class _TooLong(Exception):
    pass


class Table:
    """A delimited file with a header; iterating gives a ``Row`` or a ``Refusal`` per record.

    Quoting is RFC 4180, read strictly. When a quote is never closed only the line where it
    opens is refused and reading goes on with the next one, so that it cannot swallow the rest.
    """

    def __init__(
        self, file: TextFile, columns: list[str], delimiter: str = ",", header_line: int = 1
    ) -> None:
        self.file, self.columns, self.delimiter = file, columns, delimiter
        self.header_line = header_line

    def __iter__(self) -> Iterator[Row | Refusal]:
        with self.file.open() as stream:
            lines = _Lines(stream)
            for _before in range(self.header_line - 1):
                next(lines, "")
            for record in islice(_records(lines, self.delimiter), 1, None):
                checked = self._checked(record)
                if checked:
                    yield checked

    def _checked(self, record: Row | Refusal) -> Row | Refusal | None:
        if isinstance(record, Refusal):
            return record
        width, text = len(self.columns), "".join(record.cells)
        if not text.strip():
            return None
        if len(record.cells) > width and not "".join(record.cells[width:]).strip():
            record = Row(record.line, record.cells[:width])
        if UNREADABLE in text:
            return Refusal(record.line, _("Bytes that are not text in this encoding"))
        if "\0" in text:
            return Refusal(record.line, _("A NUL character"))
        if len(record.cells) != width:
            found = _("%(cells)d instead of %(columns)d")
            return Refusal(
                record.line,
                _("A wrong number of cells"),
                value=found % {"cells": len(record.cells), "columns": width},
            )
        return record


def open_table(
    file: TextFile, wanted: Sequence[str], delimiter: str = "", header_line: int = 1
) -> Table:
    """Find the header: the delimiter is the one that yields most of the ``wanted`` columns.

    That beats guessing from statistics, because a mapping says what the columns are called.
    Raises ``ImportProblem`` for a file without a header and a delimiter that is none.
    """
    if delimiter and (len(delimiter) > 1 or delimiter in '"\r\n'):
        raise ImportProblem(
            _("'%(text)s' cannot separate columns; name one character.") % {"text": delimiter}
        )
    with file.open() as stream:
        for _skipped in range(header_line - 1):
            stream.readline(LONGEST_LINE)
        head = stream.read(HEAD)
    headers = {mark: _header(head, mark) for mark in delimiter or DELIMITERS}
    best = max(headers, key=lambda mark: _fit(headers[mark], wanted))
    if not any(headers[best]):
        raise ImportProblem(
            _("%(file)s has no header in line %(line)d: the names of its columns.")
            % {"file": file.path.name, "line": header_line}
        )
    return Table(file, headers[best], best, header_line)


def _header(head: str, delimiter: str) -> list[str]:
    try:
        lines = io.StringIO(head, newline="")
        cells = next(csv.reader(lines, delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in cells]


def _fit(columns: list[str], wanted: Sequence[str]) -> tuple[int, int]:
    return len(set(map(plain, wanted)) & set(map(plain, columns))), len(columns)


def plain(name: str) -> str:
    """The form in which two spellings of a column's name are equal."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class _Lines:
    """Physical lines, with their number, and a way back to the second line of a record."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        text = self._again.popleft() if self._again else self._stream.readline(LONGEST_LINE)
        if not text:
            raise StopIteration
        self.number += 1
        if len(text) == LONGEST_LINE and not text.endswith(("\n", "\r")):
            self._skip_rest_of_line()
            raise _TooLong
        self._record.append(text)
        return text

    def _skip_rest_of_line(self) -> None:
        while (text := self._stream.readline(LONGEST_LINE)) and not text.endswith(("\n", "\r")):
            pass

    def begin_record(self) -> int:
        self._record.clear()
        return self.number + 1

    def return_to_second_line(self) -> None:
        again = self._record[1:]
        self._again.extendleft(reversed(again))
        self.number -= len(again)


def _records(lines: _Lines, delimiter: str) -> Iterator[Row | Refusal]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.begin_record()
        try:
            yield Row(line, next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            yield Refusal(line, _reason(error))
            lines.return_to_second_line()
        except _TooLong:
            limit = f"{LONGEST_LINE:,}"
            yield Refusal(line, _("Longer than %(limit)s characters") % {"limit": limit})


def _reason(error: csv.Error) -> str:
    message = str(error)
    if "unexpected end" in message:
        return _("A quote is opened and never closed")
    if "expected after" in message:
        return _("A quote inside a cell is not doubled, or one is never closed")
    if "field limit" in message:
        limit = f"{csv.field_size_limit():,}"
        text = _("A cell is larger than %(limit)s characters, or a quote is never closed")
        return text % {"limit": limit}
    return _("Not readable as CSV")
