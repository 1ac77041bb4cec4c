"""The log itself: one event for each daily total, month by month."""

import datetime
from collections.abc import Iterator

import numpy as np
from dateutil.relativedelta import relativedelta
from django.db import connection

from .copying import without_indexes
from .deeds import (
    COPY_EVENTS,
    DATA,
    DAY_US,
    END,
    EPOCH,
    HEADER,
    NULL,
    Rows,
    fill_common,
    subject_length,
)
from .habits import DAYS, KINDS, Habits, date_of, form

EVENTS = "wagtail_crm_tracking_event"
# From nine in the morning until midnight in Tokyo: the same day as in UTC, so the same partition.
OPEN_US = 15 * 3_600_000_000
UNIX_MS = 946_684_800_000


def fill_events(members: int, pages: list[int], today: datetime.date, seed: int) -> None:
    """Twenty events a member, by ``COPY`` into the partitions of their months."""
    from wagtail_crm.tracking import partitions

    habits, places = form(members, seed), np.array([0, *pages])
    months = sorted({date_of(day, today).replace(day=1) for day in range(DAYS)})
    partitions.create_months(months)
    for month in months:
        table = f"{EVENTS}_{month:%Y_%m}"
        end = month + relativedelta(months=1)
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {EVENTS} DETACH PARTITION {table}")
            with without_indexes(table), cursor.copy(COPY_EVENTS.format(table=table)) as copy:
                copy.write(HEADER)
                for rows in _events(habits, places, today, month, end):
                    copy.write(rows)
                copy.write(END)
            bounds = f"FROM ('{month}T00:00:00Z') TO ('{end}T00:00:00Z')"
            cursor.execute(f"ALTER TABLE {EVENTS} ATTACH PARTITION {table} FOR VALUES {bounds}")


def _events(
    habits: Habits,
    pages: np.ndarray,
    today: datetime.date,
    start: datetime.date,
    end: datetime.date,
) -> Iterator[bytes]:
    for day, kind, where in habits.of_a_day():
        date = date_of(day, today)
        if start <= date < end:
            yield _rows(habits, pages, where, kind, date).bytes()


def _rows(habits: Habits, pages: np.ndarray, where: slice, kind: int, date: datetime.date) -> Rows:
    number = where.stop - where.start
    value = 12 if KINDS[kind][-1] else NULL
    columns = {"id": 16, "at": 8, "kind": len(KINDS[kind][0]), "member": 8, "visitor": 16}
    columns |= {"page": 4, "subject": subject_length(kind), "value": value, "data": len(DATA)}
    rows = Rows(number, columns)
    fill_common(rows, habits, where, kind, pages)
    dice = np.random.default_rng(habits.columns["day"][where.start] * len(KINDS) + kind)
    at = (date - EPOCH).days * DAY_US + np.sort(dice.integers(OPEN_US, size=number))
    rows.set("at", at)
    rows.set_bytes("id", _ids(at, dice))
    rows.set_bytes("visitor", _visitors(habits.columns["member"][where]))
    rows.set_bytes("data", DATA)
    return rows


def _ids(at: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """UUIDs of version 7 (RFC 9562): milliseconds, then chance."""
    ids = dice.integers(256, size=(len(at), 16), dtype=np.uint8)
    milliseconds = (UNIX_MS + at // 1000).astype(">u8")
    ids[:, :6] = milliseconds.view(np.uint8).reshape(-1, 8)[:, 2:]
    ids[:, 6] = ids[:, 6] & 0x0F | 0x70
    ids[:, 8] = ids[:, 8] & 0x3F | 0x80
    return ids


def _visitors(members: np.ndarray) -> np.ndarray:
    """One browser a member."""
    ids = np.full((len(members), 16), 0x42, np.uint8)
    ids[:, 8:] = members.astype(">u8").view(np.uint8).reshape(-1, 8)
    return ids
