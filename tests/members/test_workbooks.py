"""Workbooks as Excel, openpyxl here, reads them."""

import io
import zipfile
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from wagtail_crm.members import workbooks
from wagtail_crm.members.workbooks import GETA, workbook_pieces


def book_of(rows, replaced=None):
    data = b"".join(workbook_pieces(rows, Counter() if replaced is None else replaced))
    return load_workbook(io.BytesIO(data), read_only=True)


def sheets_of(rows):
    return [list(sheet.values) for sheet in book_of(rows)]


CELLS = st.text() | st.integers(-(10**14), 10**14) | st.floats(-1e9, 1e9)


@settings(max_examples=50)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_what_is_written_is_read_again(rows):
    [sheet] = sheets_of(rows)
    assert [tuple(as_written(cell) for cell in row) for row in rows] == sheet


def as_written(cell):
    if not isinstance(cell, str):
        return cell
    # XML knows one end of a line; nothing is no cell.
    return workbooks.ILLEGAL.sub(GETA, cell).replace("\r\n", "\n").replace("\r", "\n") or None


def test_text_never_calculates_and_keeps_its_blanks():
    [_head, row] = book_of([["a", "b", "c"], ["=1+1", " x <&> y ", "\ttab"]]).active.rows
    assert [(cell.value, cell.data_type) for cell in row] == [
        ("=1+1", "s"),
        (" x <&> y ", "s"),
        ("\ttab", "s"),
    ]


def test_blanks_at_the_ends_are_marked_as_excel_wants_it():
    data = b"".join(workbook_pieces([[" x"], ["y z"]], Counter()))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert sheet.count(b'<t xml:space="preserve"> x</t>') == sheet.count(b"<t>y z</t>") == 1


def test_an_answer_of_yes_in_a_column_of_numbers_counts_as_one():
    assert sheets_of([[True, False, 2.5]]) == [[(1, 0, 2.5)]]


def test_what_xml_cannot_hold_is_replaced_and_counted():
    replaced = Counter()
    book = book_of([["bell \a", "half \ud800", "none \uffff\a"]], replaced)
    assert list(book.active.values) == [("bell 〓", "half 〓", "none 〓〓")]
    assert replaced == {"\a": 2, "\ud800": 1, "\uffff": 1}


@pytest.mark.parametrize(("sign", "kept"), [("a", 32_767), ("𠮷", 16_383)])
def test_a_cell_ends_where_excel_would_call_the_file_damaged(sign, kept):
    assert sheets_of([[sign * 40_000]]) == [[(sign * kept,)]]


@pytest.mark.parametrize(
    ("number", "numbers"), [(0, [0]), (1, [1]), (4, [4]), (5, [4, 1]), (9, [4, 4, 1])]
)
def test_rows_that_a_sheet_does_not_hold_come_into_another(number, numbers, monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_ROWS", 5)
    monkeypatch.setattr(workbooks, "BLOCK", 2)
    sheets = sheets_of([["name"], *([number] for number in range(number))])
    assert [len(rows) - 1 for rows in sheets] == numbers
    assert {rows[0] for rows in sheets} == {("name",)}
    assert [cell for rows in sheets for [cell] in rows[1:]] == list(range(number))


def test_bytes_that_a_sheet_does_not_hold_come_into_another(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_BYTES", 200)
    monkeypatch.setattr(workbooks, "BLOCK", 2)
    sheets = sheets_of([["name"], *([number] for number in range(9))])
    assert [cell for rows in sheets for [cell] in rows[1:]] == list(range(9))
    assert len(sheets) == 2


def test_every_sheet_keeps_the_names_of_its_columns_in_sight(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_ROWS", 2)
    data = b"".join(workbook_pieces([["name"], [1], [2]], Counter()))
    assert [sheet.freeze_panes for sheet in load_workbook(io.BytesIO(data))] == ["A2", "A2"]


def test_a_book_begins_before_its_rows_have_ended():
    made = []

    def rows():
        for number in range(5 * workbooks.BLOCK):
            made.append(number)
            yield [number]

    next(workbook_pieces(rows(), Counter()))

    assert len(made) == workbooks.BLOCK
