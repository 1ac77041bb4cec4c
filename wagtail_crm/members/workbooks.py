"""Workbooks for Excel, made while they are sent: openpyxl makes all of a book but its rows.

Rows as openpyxl writes them take seven times as long, as XlsxWriter does three to four times, and
both need room on disk for all of the sheet unpacked before the first byte can be sent.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain, count, groupby, islice
from operator import itemgetter
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

# Numbers stay numbers; everything else is text.
Cell = str | int | float

# Stands where a format lacks a character, as printers have always shown it: the geta.
GETA = "〓"
# What a sheet of Excel holds, and a cell of it in units of UTF-16.
MOST_ROWS = 1_048_576
MOST_UNITS = 32_767
# Bytes of a sheet before it is packed: of more, the archive needs ZIP64, at which Excel warns.
MOST_BYTES = 2_000_000_000
# Rows that are packed at a time.
BLOCK = 500
COLUMNS = [get_column_letter(number) for number in range(1, 16_385)]
# Text that cannot be written as it is, and what XML has no way to write.
SPECIAL = re.compile(r"[&<>\0-\x1f\ud800-\udfff\ufffe\uffff]|^\s|\s\Z")
ILLEGAL = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class _Packed:
    """What ``ZipFile`` writes to: hands over what it was given since it was last asked."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Asked for by ``ZipFile``."""

    def taken(self) -> Iterator[bytes]:
        if self._held:
            yield bytes(self._held)
            self._held.clear()


def workbook_pieces(rows: Iterable[Sequence[Cell]], replaced: Counter[str]) -> Iterator[bytes]:
    """The bytes of a book whose first row names the columns and stays in sight; no text calculates.

    Rows that a sheet does not hold come into another one, below the same names. Characters that
    XML cannot hold are replaced, and counted in ``replaced``.
    """
    packed, sheets = _Packed(), 0
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        head, foot = _frame()
        for sheets, blocks in groupby(_blocks(iter(rows), replaced), itemgetter(0)):
            with archive.open(_part(sheets), "w") as part:
                part.write(head)
                for _sheet, block in blocks:
                    part.write(block)
                    yield from packed.taken()
                part.write(foot)
        for name, content in _book(sheets).items():
            if name not in archive.namelist():
                archive.writestr(name, content)
    yield from packed.taken()


def _part(sheet: int) -> str:
    return f"xl/worksheets/sheet{sheet}.xml"


def _book(sheets: int) -> dict[str, bytes]:
    """The parts of a book, by name; each of its sheets has one empty row."""
    book, file = Workbook(write_only=True), BytesIO()
    for _sheet in range(sheets):
        sheet = book.create_sheet()
        sheet.freeze_panes = "A2"
        sheet.append([])
    book.save(file)
    with ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _frame() -> tuple[bytes, bytes]:
    """What stands before and after the rows of a sheet."""
    head, start, rest = _book(1)[_part(1)].partition(b"<sheetData>")
    _row, end, foot = rest.partition(b"</sheetData>")
    return head + start, end + foot


def _blocks(rows: Iterator[Sequence[Cell]], replaced: Counter[str]) -> Iterator[tuple[int, bytes]]:
    """Rows as XML, with the number of their sheet."""
    heading = next(rows, ())
    for sheet in count(1):
        first = list(islice(rows, 1))
        if sheet > 1 and not first:
            return
        lines = islice(chain([heading], first, rows), MOST_ROWS)
        number, size = 1, 0
        while size < MOST_BYTES and (some := list(islice(lines, BLOCK))):
            block = "".join([_row(at, row, replaced) for at, row in enumerate(some, number)])
            yield sheet, (data := block.encode())
            number, size = number + len(some), size + len(data)


def _row(number: int, cells: Sequence[Cell], replaced: Counter[str]) -> str:
    written = [
        _cell(f"{column}{number}", value, replaced)
        for column, value in zip(COLUMNS, cells, strict=False)
    ]
    return f'<row r="{number}">{"".join(written)}</row>'


def _cell(place: str, value: Cell, replaced: Counter[str]) -> str:
    if value == "":
        return f'<c r="{place}"/>'  # so that all rows end in the same column
    if not isinstance(value, str):
        return f'<c r="{place}"><v>{+value}</v></c>'  # yes is 1, as in a sum
    space = ""
    if len(value) * 2 > MOST_UNITS or SPECIAL.search(value):
        value, space = _as_xml(value, replaced), ' xml:space="preserve"'
    return f'<c r="{place}" t="inlineStr"><is><t{space}>{value}</t></is></c>'


def _as_xml(text: str, replaced: Counter[str]) -> str:
    if found := ILLEGAL.findall(text):
        replaced.update(found)
        text = ILLEGAL.sub(GETA, text)
    units = text.encode("utf-16-le")[: 2 * MOST_UNITS]
    return escape(units.decode("utf-16-le", "ignore"))
