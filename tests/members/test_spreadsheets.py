import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_crm.members.spreadsheets import FORMULA_STARTS, csv_lines, file_pieces, neutralise


@pytest.mark.parametrize("cell", ["=1+1", "+81", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_a_cell_is_never_a_formula(cell):
    assert neutralise(cell) == f"'{cell}"


def test_no_encoding_makes_a_formula_of_a_cell():
    signs = [chr(code) for code in range(0x20, 0x10000) if not 0xD800 <= code < 0xE000]
    begins = {
        sign
        for sign in signs
        for line in b"".join(file_pieces([[f"{sign}1"]], "cp932")).decode("cp932").splitlines()
        if line.startswith(FORMULA_STARTS)
    }
    assert begins == set()


@given(st.text())
def test_nothing_else_is_changed(cell):
    assert neutralise(cell) == (f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell)


def test_what_is_written_is_read_again():
    rows = [["name", "said"], ["田中", 'a "quote", a comma\nand a line'], ["=1", ""]]
    assert list(csv.reader(csv_lines(rows))) == [*rows[:2], ["'=1", ""]]
