"""Arrays of what they did as rows of the daily totals and of the log, in PostgreSQL's own form.

The form is that of ``COPY … (FORMAT BINARY)``: of each row the number of its fields, of each field
its length and its bytes, big-endian. numpy writes a million rows a second, Python a tenth of it.
"""

import datetime
from collections.abc import Iterator

import numpy as np

from .copying import without_indexes
from .habits import FIRST_NUMBER, KINDS, Habits, date_of, form, worth

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
EPOCH = datetime.date(2000, 1, 1)
DAY_US = 86_400_000_000
TOTALS = "wagtail_crm_tracking_dailytotal"
COPY_TOTALS = f"""COPY {TOTALS} (member_id, kind, page_id, subject, day, count, value)
FROM STDIN (FORMAT BINARY)"""
COPY_EVENTS = """COPY {table} (id, at, kind, member_id, visitor_id, page_id, subject, value, data)
FROM STDIN (FORMAT BINARY)"""
DATA = b'\x01{"os": "iOS", "device": "phone", "browser": "Mobile Safari"}'
TEN_THOUSAND = 10_000


NULL = -1


class Rows:
    """Rows of equal length, filled a column at a time.

    ``columns`` maps a name to the number of its bytes, or to ``NULL`` where all rows have none.
    """

    def __init__(self, number: int, columns: dict[str, int]) -> None:
        form: list[tuple[str, str]] = [("fields", ">i2")]
        for name, length in columns.items():
            form.append((f"{name} length", ">i4"))
            if length > 0:
                form.append((name, {4: ">i4", 8: ">i8"}.get(length, f"V{length}")))
        self.rows = np.zeros(number, np.dtype(form))
        self.rows["fields"] = len(columns)
        for name, length in columns.items():
            self.rows[f"{name} length"] = length

    def set(self, name: str, values: np.ndarray | int) -> None:
        self.rows[name] = values

    def set_bytes(self, name: str, values: bytes | np.ndarray) -> None:
        """One text for all rows, or an array of bytes for each."""
        if isinstance(values, bytes):
            values = np.frombuffer(values, np.uint8)
        kind = self.rows.dtype.fields[name]
        view = self.rows.view(np.uint8).reshape(len(self.rows), -1)
        view[:, kind[1] : kind[1] + kind[0].itemsize] = values

    def bytes(self) -> bytes:
        return self.rows.tobytes()


def _subject(kind: int, numbers: np.ndarray) -> np.ndarray:
    """``campaign:123`` for each number."""
    start = (KINDS[kind][2] or "").encode()
    text = np.empty((len(numbers), len(start) + 3), np.uint8)
    text[:, : len(start)] = np.frombuffer(start, np.uint8)
    for place, unit in enumerate((100, 10, 1)):
        text[:, len(start) + place] = ord("0") + (numbers + FIRST_NUMBER) // unit % 10
    return text


def _numeric(yen: np.ndarray) -> np.ndarray:
    """numeric of up to eight digits: two digits of base 10000, weight, sign, four decimals."""
    parts = np.empty((len(yen), 6), ">i2")
    parts[:, :4] = (2, 1, 0, 4)
    parts[:, 4], parts[:, 5] = np.divmod(yen, TEN_THOUSAND)
    return parts.view(np.uint8)


ZERO = bytes((0, 0, 0, 0, 0, 0, 0, 4))


def fill_common(rows: Rows, habits: Habits, where: slice, kind: int, pages: np.ndarray) -> None:
    """Fill what totals and events have in common."""
    rows.set("member", habits.columns["member"][where])
    rows.set_bytes("kind", KINDS[kind][0].encode())
    rows.set("page", pages[habits.columns["page"][where]])
    if KINDS[kind][2]:
        rows.set_bytes("subject", _subject(kind, habits.columns["subject"][where]))
    if KINDS[kind][-1]:
        rows.set_bytes("value", _numeric(worth(habits, where, kind)))


def subject_length(kind: int) -> int:
    return len(KINDS[kind][2]) + 3 if KINDS[kind][2] else 0


def _totals(habits: Habits, pages: np.ndarray, today: datetime.date) -> Iterator[bytes]:
    for day, kind, where in habits.of_a_day():
        columns = {"member": 8, "kind": len(KINDS[kind][0]), "page": 4}
        columns |= {"subject": subject_length(kind), "day": 4, "count": 4}
        columns["value"] = 12 if KINDS[kind][-1] else len(ZERO)
        rows = Rows(where.stop - where.start, columns)
        if not KINDS[kind][-1]:
            rows.set_bytes("value", ZERO)
        fill_common(rows, habits, where, kind, pages)
        rows.set("day", (date_of(day, today) - EPOCH).days)
        rows.set("count", habits.count[where])
        yield rows.bytes()


def fill_totals(members: int, pages: list[int], today: datetime.date, seed: int) -> None:
    """Twenty daily totals a member, by ``COPY``."""
    from django.db import connection

    habits = form(members, seed)
    places = np.array([0, *pages])
    with (
        without_indexes(TOTALS),
        connection.cursor() as cursor,
        cursor.copy(COPY_TOTALS) as copy,
    ):
        copy.write(HEADER)
        for rows in _totals(habits, places, today):
            copy.write(rows)
        copy.write(END)
