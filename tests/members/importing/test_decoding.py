import gzip

import pytest

from tests.real_data import real_file
from wagtail_crm.members.importing.decoding import UNREADABLE, look_at
from wagtail_crm.members.importing.refusals import ImportProblem

PEOPLE = "氏名,メール\n田中　陽子,yoko@example.jp\n髙橋 ①,taka@example.jp\n"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp932", "cp932"),
        ("utf-16", "utf-16"),
    ],
)
def test_look_at_tells_the_encoding(file, written, told):
    found = look_at(file(PEOPLE, encoding=written))

    assert found.encoding == told
    with found.open() as stream:
        assert stream.read() == PEOPLE


def test_look_at_tells_euc_jp(file):
    text = "氏名\n田中 陽子\n佐藤 健太\n"

    with look_at(file(text, encoding="euc_jp")).open() as stream:
        assert stream.read() == text


def test_look_at_reads_gzip_whatever_it_is_called(file):
    found = look_at(file(gzip.compress(PEOPLE.encode("cp932")), name="people.txt"))

    with found.open() as stream:
        assert (found.encoding, found.lines, stream.read()) == ("cp932", 3, PEOPLE)


def test_look_at_believes_the_encoding_it_is_given(file):
    assert look_at(file("id\n1\n"), "shift_jis").encoding == "shift_jis"


def test_look_at_believes_a_byte_order_mark_more(file):
    assert look_at(file(PEOPLE, encoding="utf-8-sig"), "cp932").encoding == "utf-8-sig"


def test_look_at_counts_a_last_line_without_its_end(file):
    assert look_at(file("id\n1\n2")).lines == 3


def test_a_few_wrong_bytes_do_not_make_utf8_another_encoding(file):
    lines = [f"{number},田中".encode() for number in range(20)]
    lines[7] = b"7,\x93\xfa\x96{"

    found = look_at(file(b"\n".join(lines)))

    assert found.encoding == "utf-8"
    with found.open() as stream:
        damaged = [number for number, line in enumerate(stream) if UNREADABLE in line]
    assert damaged == [7]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"PK\x03\x04...", "book.xlsx", "book.xlsx is a workbook or archive, not text."),
        (gzip.compress(b"id\n1\n" * 1000, mtime=0)[:40], "cut.csv.gz", "cut.csv.gz is damaged"),
        (bytes(range(128, 256)) * 4, "noise.csv", "The encoding of noise.csv is not clear."),
    ],
)
def test_look_at_says_what_is_wrong_with_a_file(file, content, name, says):
    with pytest.raises(ImportProblem) as problem:
        look_at(file(content, name))

    assert str(problem.value).startswith(says)


def test_look_at_says_that_a_file_is_not_there(tmp_path):
    with pytest.raises(ImportProblem, match="cannot be read: No such file or directory"):
        look_at(tmp_path / "nothing.csv")


def test_look_at_says_that_there_is_no_such_encoding(file):
    with pytest.raises(ImportProblem, match="There is no encoding 'cp999'"):
        look_at(file("id\n"), "cp999")


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("jp_customers/customer.csv.gz", "utf-8-sig"),
        ("contacts/ifood.csv.gz", "utf-8-sig"),
        ("contacts/bank-full.csv.gz", "utf-8"),
        ("csv_messy/frictionless/table-with-accents.csv", "cp1252"),
    ],
)
def test_look_at_real_files(name, encoding):
    assert look_at(real_file(name)).encoding == encoding
