"""Tables as files that spreadsheets open without harm: CSV in two encodings, and Excel."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from .workbooks import GETA, Cell, workbook_pieces

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
# A cell that starts so is a formula to a spreadsheet (OWASP: CSV injection).
# In full width too, and the minus of Unicode, which Shift_JIS writes as one of these.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "−")
# What JIS and Windows write differently: one sign, two code points.
WINDOWS_SIGNS = str.maketrans("〜−—‖¢£¬", "～－―∥￠￡￢")


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
        return workbook_pieces(rows, replaced)
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
        return _with_getas(known, encoding, replaced)


def _with_getas(text: str, encoding: str, replaced: Counter[str]) -> bytes:
    done = b""
    while True:
        try:
            return done + text.encode(encoding)
        except UnicodeEncodeError as error:
            signs = text[error.start : error.end]
            replaced.update(signs)
            done += (text[: error.start] + GETA * len(signs)).encode(encoding)
            text = text[error.end :]


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
