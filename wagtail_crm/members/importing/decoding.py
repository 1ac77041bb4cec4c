"""From bytes to text: compression and encoding, found out by looking at the whole file."""

import codecs
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from .refusals import ImportProblem

CHUNK = 1 << 20
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# What exports are written in where we are used. Guessing among all encodings of the world takes
# short files for Chinese; others are named by hand.
CANDIDATES = ["cp932", "euc_jp", "cp1252"]
# Text in another encoding is hardly ever valid UTF-8 by accident, so a file is UTF-8 with faults
# when this share of its lines with anything but ASCII reads as UTF-8.
MOSTLY = 0.9
SAMPLE_LINES, SAMPLE_LINE_BYTES = 2_000, 10_000
DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error)
# Stands for bytes that mean nothing in the encoding; no encoding can produce it (a lone surrogate).
UNREADABLE = "\udcff"


def _mark_unreadable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNREADABLE, error.end


codecs.register_error("crm_unreadable", _mark_unreadable)


@dataclass(frozen=True)
class TextFile:
    """A file whose encoding is known. ``lines`` are physical lines, for the progress bar."""

    path: Path
    encoding: str
    lines: int

    def open(self) -> IO[str]:
        """The text; bytes that are wrong in this encoding become ``UNREADABLE``."""
        return io.TextIOWrapper(
            _open_bytes(self.path), encoding=self.encoding, errors="crm_unreadable", newline=""
        )


def look_at(path: Path, encoding: str = "") -> TextFile:
    """Read the file once, to tell its encoding (unless it is given) and count its lines.

    Raises ``ImportProblem`` when it cannot be read, is no text, or its encoding is in doubt.
    """
    try:
        if encoding:
            encoding = codecs.lookup(encoding).name
        with _open_bytes(path) as stream:
            head = stream.read(4)
            stream.seek(0)
            lines, is_utf8 = _survey(stream)
        if head.startswith(ZIP):
            raise ImportProblem(
                _("%(file)s is a workbook or archive, not text. Save it as CSV first.")
                % {"file": path.name}
            )
        return TextFile(path, _with_bom(head, encoding) or _guess(path, is_utf8), lines)
    except LookupError as error:
        raise ImportProblem(
            _("There is no encoding '%(name)s'. Try utf-8 or cp932.") % {"name": encoding}
        ) from error
    except DAMAGE as error:
        raise ImportProblem(
            _("%(file)s is damaged: its compressed data end too early or are wrong.")
            % {"file": path.name}
        ) from error
    except OSError as error:
        raise ImportProblem(
            _("%(file)s cannot be read: %(reason)s.")
            % {"file": path, "reason": error.strerror or error}
        ) from error


def _open_bytes(path: Path) -> IO[bytes]:
    with path.open("rb") as raw:
        start = raw.read(2)
    return cast(IO[bytes], gzip.open(path)) if start == GZIP else path.open("rb")


def _survey(stream: IO[bytes]) -> tuple[int, bool]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, is_utf8, last = 0, True, b""
    while chunk := stream.read(CHUNK):
        lines += chunk.count(b"\n")
        last = chunk[-1:]
        is_utf8 = is_utf8 and _decodes(decoder, chunk)
    return lines + (last not in (b"\n", b"")), is_utf8 and _decodes(decoder, b"", final=True)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _with_bom(head: bytes, encoding: str) -> str:
    for bom, name in BOMS.items():
        if head.startswith(bom):
            return name
    return encoding


def _guess(path: Path, is_utf8: bool) -> str:
    if is_utf8:
        return "utf-8"
    telling = _lines_beyond_ascii(path)
    readable = sum(_reads_as_utf8(line) for line in telling)
    if readable >= MOSTLY * len(telling):
        return "utf-8"
    best = from_bytes(b"".join(telling), cp_isolation=CANDIDATES).best()
    if best is None:
        raise ImportProblem(
            _("The encoding of %(file)s is not clear. Name it, e.g. --encoding cp932.")
            % {"file": path.name}
        )
    return best.encoding


def _lines_beyond_ascii(path: Path) -> list[bytes]:
    found: list[bytes] = []
    with _open_bytes(path) as stream:
        while len(found) < SAMPLE_LINES and (line := stream.readline(SAMPLE_LINE_BYTES)):
            if not line.isascii():
                found.append(line)
    return found


def _reads_as_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
