import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_crm.members.spreadsheets import FORMULA_STARTS, csv_lines, neutralise


@pytest.mark.parametrize("cell", ["=1+1", "+81", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_cell_is_never_a_formula(cell):
    assert neutralise(cell) == f"'{cell}"


@given(st.text())
def test_nothing_else_is_changed(cell):
    assert neutralise(cell) == (f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell)


def test_what_is_written_is_read_again():
    rows = [["name", "said"], ["田中", 'a "quote", a comma\nand a line'], ["=1", ""]]
    assert list(csv.reader(csv_lines(rows))) == [*rows[:2], ["'=1", ""]]
