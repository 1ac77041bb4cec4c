"""Tables as files that spreadsheets open without harm: CSV in two encodings, and Excel."""

import codecs
import csv
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

# Numbers stay numbers; everything else is text.
Cell = str | int | float

XLSX = "xlsx"
# utf-8-sig begins with the mark by which Excel recognises Unicode; cp932 is Windows' Shift_JIS.
FORMATS = {
    XLSX: _("Excel"),
    "utf-8-sig": _("CSV in UTF-8 (Google Sheets, Numbers, other systems)"),
    "cp932": _("CSV in Shift_JIS (older Japanese programs)"),
}
CONTENT_TYPES = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "utf-8-sig": "text/csv; charset=utf-8",
    "cp932": "text/csv; charset=shift_jis",
}
# Members that a sheet of Excel holds below the names of its columns.
MOST_ROWS = 1_048_575
# A cell that starts so is a formula to a spreadsheet (OWASP: CSV injection).
# In full width too, and the minus of Unicode, which Shift_JIS writes as one of these.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "−")
# What JIS and Windows write differently: one sign, two code points.
WINDOWS_SIGNS = str.maketrans("〜−—‖¢£¬", "～－―∥￠￡￢")
# Stands where an encoding lacks a character, as printers have always shown it: the geta.
GETA = "〓"
PIECE = 1 << 16


def neutralise(cell: Cell) -> str:
    """The cell as text, with an apostrophe before anything a spreadsheet would calculate."""
    if not isinstance(cell, str):
        return str(cell)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


class _Line:
    """What ``csv.writer`` writes to: hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """The file line by line, whatever its size; no cell of it is a formula."""
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([neutralise(cell) for cell in row])


def file_pieces(
    rows: Iterable[Sequence[Cell]], format: str, replaced: Counter[str] | None = None
) -> Iterator[bytes]:
    """The bytes of a file in one of ``FORMATS``.

    Characters that the format cannot hold are replaced, and counted in ``replaced``.
    """
    replaced = Counter() if replaced is None else replaced
    if format == XLSX:
        return _xlsx_pieces(rows, replaced)
    return _csv_pieces(rows, format, replaced)


def _csv_pieces(
    rows: Iterable[Sequence[Cell]], encoding: str, replaced: Counter[str]
) -> Iterator[bytes]:
    if encoding == "utf-8-sig":
        yield codecs.BOM_UTF8
        encoding = "utf-8"
    for line in csv_lines(rows):
        yield _encoded(line, encoding, replaced)


def _encoded(text: str, encoding: str, replaced: Counter[str]) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        known = text.translate(WINDOWS_SIGNS) if encoding == "cp932" else text
        return "".join(_or_geta(sign, encoding, replaced) for sign in known).encode(encoding)


def _or_geta(sign: str, encoding: str, replaced: Counter[str]) -> str:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        replaced[sign] += 1
        return GETA
    return sign


def write_xlsx(
    rows: Iterable[Sequence[Cell]], stream: IO[bytes], replaced: Counter[str] | None = None
) -> None:
    """A workbook of one sheet, row by row; its first row stays in sight, and no text calculates."""
    replaced = Counter() if replaced is None else replaced
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([_cell(sheet, cell, replaced) for cell in row])
    book.save(stream)


def _cell(sheet: Any, value: Cell, replaced: Counter[str]) -> Any:
    if not isinstance(value, str):
        return value
    if found := ILLEGAL_CHARACTERS_RE.findall(value):
        replaced.update(found)
        value = str(ILLEGAL_CHARACTERS_RE.sub(GETA, value))
    if not value.startswith("="):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"  # text, where openpyxl would take it for a formula
    return cell


def _xlsx_pieces(rows: Iterable[Sequence[Cell]], replaced: Counter[str]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        write_xlsx(rows, file, replaced)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def file_name(name: str, format: str) -> str:
    """``<name>-<today>`` with the ending of the format."""
    return f"{name}-{timezone.localdate():%Y-%m-%d}.{XLSX if format == XLSX else 'csv'}"


def file_response(
    rows: Iterable[Sequence[Cell]], *, name: str, format: str
) -> StreamingHttpResponse:
    """A download in one of ``FORMATS``, made while it is sent."""
    return download(file_pieces(rows, format), name=file_name(name, format), format=format)


def download(pieces: Iterable[bytes], *, name: str, format: str) -> StreamingHttpResponse:
    """A file that the browser keeps instead of showing."""
    response = StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[format])
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
