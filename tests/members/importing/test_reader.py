import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.real_data import FOLDER, real_file
from wagtail_crm.members.importing.decoding import look_at
from wagtail_crm.members.importing.reader import LONGEST_LINE, Row, open_table
from wagtail_crm.members.importing.refusals import ImportProblem

NOT_DOUBLED = "A quote inside a cell is not doubled, or one is never closed"
NEVER_CLOSED = "A quote is opened and never closed"
TOO_LARGE = "A cell is larger than 131,072 characters, or a quote is never closed"


def test_rows_are_numbered_by_the_line_they_begin_in(read):
    rows, refused = read('id,note\n1,"two\nlines"\n\n2,b\n')

    assert rows == [Row(2, ["1", "two\nlines"]), Row(5, ["2", "b"])]
    assert refused == {}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(read, end):
    rows, refused = read(end.join(["id,name", "1,a", "2,b", ""]))

    assert ([row.cells for row in rows], refused) == ([["1", "a"], ["2", "b"]], {})


def test_a_line_with_a_wrong_number_of_cells_is_refused_alone(read):
    rows, refused = read("id,name,age\n1,a\n2,b,3\n4,c,5,6\n7,d,8,\n,,\n")

    assert rows == [Row(3, ["2", "b", "3"]), Row(5, ["7", "d", "8"])]
    assert refused == {2: "A wrong number of cells", 4: "A wrong number of cells"}


def test_an_open_quote_does_not_swallow_the_lines_after_it(read):
    lines = ["id,name", '1,"a', *(f"{number},b" for number in range(2, 100)), '100,"c"', "101,d"]

    rows, refused = read("\n".join(lines))

    assert refused == {2: NOT_DOUBLED}
    assert [row.cells[0] for row in rows] == [str(number) for number in range(2, 102)]
    assert [row.line for row in rows] == list(range(3, 103))


def test_a_quote_that_is_open_at_the_end_of_the_file_is_refused_alone(read):
    rows, refused = read('id,name\n1,a\n2,"b\n3,c\n')

    assert rows == [Row(2, ["1", "a"]), Row(4, ["3", "c"])]
    assert refused == {3: NEVER_CLOSED}


def test_quotes_that_are_not_doubled_are_refused(read):
    rows, refused = read('id,name\n1,"a "b" c"\n2,d\n')

    assert (rows, refused) == ([Row(3, ["2", "d"])], {2: NOT_DOUBLED})


def test_a_cell_of_ten_megabytes_is_refused_alone(read):
    huge = "x" * 10_000_000

    rows, refused = read(f'id,note\n1,{huge}\n2,"{huge}"\n3,c\n')

    limit = f"Longer than {LONGEST_LINE:,} characters"
    assert (rows, refused) == ([Row(4, ["3", "c"])], {2: limit, 3: limit})


def test_a_large_cell_is_refused_alone(read):
    rows, refused = read(f"id,note\n1,{'x' * 200_000}\n2,b\n")

    assert (rows, refused) == ([Row(3, ["2", "b"])], {2: TOO_LARGE})


def test_a_nul_character_is_refused(read):
    rows, refused = read("id,note\n1,a\0b\n2,c\n")

    assert (rows, refused) == ([Row(3, ["2", "c"])], {2: "A NUL character"})


def test_bytes_that_are_no_text_are_refused(read):
    lines = ["id,note", "1,?", *(f"{number},日本" for number in range(2, 30))]

    rows, refused = read("\n".join(lines).encode().replace(b"?", b"\xff\xfe"))

    assert refused == {2: "Bytes that are not text in this encoding"}
    assert len(rows) == 28


def test_a_formula_is_text(read):
    rows, _refused = read('id,note\n1,"=HYPERLINK(""http://x"",""y"")"\n')

    assert rows == [Row(2, ["1", '=HYPERLINK("http://x","y")'])]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_the_delimiter_is_the_one_that_finds_the_columns(read, mark):
    text = f"family, given, kana{mark}mail\nTanaka, Yoko, -{mark}y@example.jp\n"

    rows, _refused = read(text, wanted=["family, given, kana", "mail"])

    assert rows == [Row(2, ["Tanaka, Yoko, -", "y@example.jp"])]


def test_the_header_may_stand_below_a_title(read):
    rows, refused = read('Customers of "2024\n(c) us\nid,name\n1,a\n', header_line=3)

    assert (rows, refused) == ([Row(4, ["1", "a"])], {})


@pytest.mark.parametrize("content", ["", "\n1,a\n", ",,\n1,2,3\n"])
def test_a_file_without_a_header_is_not_opened(file, content):
    with pytest.raises(ImportProblem, match="people.csv has no header in line 1"):
        open_table(look_at(file(content)), [])


@pytest.mark.parametrize("mark", ["::", '"', "\n"])
def test_a_delimiter_that_is_none_gets_a_clear_sentence(file, mark):
    with pytest.raises(ImportProblem, match="cannot separate columns; name one character."):
        open_table(look_at(file("id\n")), [], delimiter=mark)


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=20
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    rows=st.lists(st.tuples(cells, cells, cells), max_size=10),
    mark=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_as_csv_is_read_back(file, rows, mark, end, encoding):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=mark, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("one", "two", "three"), *rows])

    table = open_table(look_at(file(text.getvalue(), encoding=encoding)), ["one", "two"])

    assert [tuple(row.cells) for row in table] == [row for row in rows if "".join(row).strip()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(content=st.binary(max_size=300))
def test_any_bytes_end_in_rows_or_refusals(file, content):
    try:
        table = open_table(look_at(file(b"id,name\n" + content), "cp932"), ["id"])
    except ImportProblem:
        return
    lines = [record.line for record in table]

    assert lines == sorted(set(lines))


# location_coordinates.json names another telephone number than its CSV.
SPECTRUM = sorted(
    {path.stem for path in (FOLDER / "csv_messy" / "csvs").glob("*.csv")} - {"location_coordinates"}
)


@pytest.mark.parametrize("name", SPECTRUM or ["simple"])
def test_the_csv_spectrum_is_read_as_it_says(name):
    table = open_table(look_at(real_file(f"csv_messy/csvs/{name}.csv")), [])
    expected = json.loads(real_file(f"csv_messy/json/{name}.json").read_text(encoding="utf-8"))

    found = [dict(zip(table.columns, row.cells, strict=True)) for row in table]

    assert found == [row for row in expected if any(row.values())]


def test_a_hundred_odd_files_end_in_rows_refusals_or_a_sentence():
    fates = {"rows": 0, "refused": 0, "sentence": 0}
    for path in sorted(real_file("csv_messy/frictionless").glob("*.csv")):
        try:
            records = list(open_table(look_at(path), []))
        except ImportProblem as problem:
            fates["sentence"] += 1
            assert path.name in str(problem)
        else:
            rows = sum(isinstance(record, Row) for record in records)
            fates["rows"] += rows
            fates["refused"] += len(records) - rows

    assert fates == {"rows": 2_120, "refused": 33, "sentence": 2}


@pytest.mark.parametrize(
    ("name", "mark", "columns", "rows"),
    [
        ("contacts/bank-full.csv.gz", ";", 17, 45_211),
        ("contacts/ifood.csv.gz", ";", 29, 2_240),
        ("contacts/prospects.csv", ",", 24, 2_059),
        ("clickstream_eshop/e-shop_clothing_2008.csv.gz", ";", 14, 165_474),
    ],
)
def test_real_files_are_read_whole(name, mark, columns, rows):
    table = open_table(look_at(real_file(name)), [])

    assert (table.delimiter, len(table.columns), sum(1 for _row in table)) == (mark, columns, rows)
