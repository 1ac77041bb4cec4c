"""The crowd that benchmarks ask about, at the size of a village."""

import datetime

import numpy as np

from benchmarks.crowd.deeds import Rows
from benchmarks.crowd.habits import DAYS, KINDS, PER_MEMBER, date_of, form, worth


def test_everybody_together_has_twenty_rows_each_and_none_twice():
    habits = form(members=300, seed=1)
    rows = list(zip(*habits.columns.values(), strict=True))

    assert len(habits) == 300 * PER_MEMBER
    assert len(set(rows)) == len(rows)
    assert habits.count.min() == 1


def test_habits_are_the_same_each_time_and_in_the_order_of_days():
    once, again = form(members=300, seed=1), form(members=300, seed=1)

    assert all(np.array_equal(once.columns[name], again.columns[name]) for name in once.columns)
    assert np.all(np.diff(once.columns["day"]) >= 0)


def test_parts_of_a_day_cover_every_row_once():
    habits = form(members=300, seed=1)
    parts = list(habits.of_a_day())

    assert sum(rows.stop - rows.start for _day, _kind, rows in parts) == len(habits)
    for day, kind, rows in parts:
        assert set(habits.columns["day"][rows]) == {day}
        assert (worth(habits, rows, kind).min() > 0) == (KINDS[kind][-1] > 0)


def test_the_last_day_is_today():
    today = datetime.date(2026, 11, 22)

    assert date_of(DAYS - 1, today) == today


def test_rows_are_in_the_form_that_copy_reads():
    rows = Rows(2, {"member": 8, "kind": 5, "value": -1})
    rows.set("member", np.array([1, 2]))
    rows.set_bytes("kind", b"login")

    first = b"\0\3" + b"\0\0\0\x08" + bytes(7) + b"\1" + b"\0\0\0\5login" + b"\xff\xff\xff\xff"
    assert rows.bytes()[: len(first)] == first
    assert len(rows.bytes()) == 2 * len(first)
