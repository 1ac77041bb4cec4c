"""CSV files that spreadsheets open without harm."""

import codecs
import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# utf-8-sig begins with the mark by which Excel recognises Unicode; cp932 is Windows' Shift_JIS.
ENCODINGS = {
    "utf-8-sig": _("UTF-8 (Excel, Google Sheets, Numbers)"),
    "cp932": _("Shift_JIS (older Japanese programs)"),
}
CHARSETS = {"utf-8-sig": "utf-8", "cp932": "shift_jis"}
# A cell that starts so is a formula to a spreadsheet (OWASP: CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutralise(cell: str) -> str:
    """The cell as text, with an apostrophe before anything a spreadsheet would calculate."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


class _Line:
    """What ``csv.writer`` writes to: hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The file line by line, whatever its size; no cell of it is a formula."""
    writer = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([neutralise(cell) for cell in row])


def csv_response(
    rows: Iterable[Iterable[str]], *, name: str, encoding: str
) -> StreamingHttpResponse:
    """A download, ``<name>-<today>.csv``, in one of ``ENCODINGS``.

    Characters the encoding lacks become question marks.
    """
    encoder = codecs.getincrementalencoder(encoding)("replace")
    body = (encoder.encode(line) for line in csv_lines(rows))
    response = StreamingHttpResponse(body, content_type=f"text/csv; charset={CHARSETS[encoding]}")
    file = f"{name}-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    return response
