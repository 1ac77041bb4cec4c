"""Files of addresses and codes: every line is counted once, whatever stands in it."""

import pytest

from tests.members.factories import make_member
from tests.segments.factories import members_of
from wagtail_crm.members import actions as members
from wagtail_crm.members.importing.refusals import ImportProblem
from wagtail_crm.segments.static import add_members, create_static_segment
from wagtail_crm.segments.static_upload import add_from_file

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing", "in_english")]


@pytest.fixture
def guests(db):
    return create_static_segment(name="Guests")


@pytest.fixture
def aki(db):
    return make_member(email="aki@example.jp", code="A-1")


@pytest.fixture
def ben(db):
    return make_member(email="ben@example.jp", code="B-2")


@pytest.fixture
def upload(guests, tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "people.csv"
        path.write_bytes(text.encode(encoding))
        return add_from_file(segment=guests, path=path, by=None)

    return write


def lines(uploaded):
    return [(refusal.line, refusal.value, refusal.reason) for refusal in uploaded.refused]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_any_encoding_and_separator_is_read(upload, guests, aki, ben, encoding, mark):
    rows = [["お名前", "メールアドレス"], ["秋", "AKI@example.jp"], ["勉", "ben@example.jp"]]

    uploaded = upload("\r\n".join(mark.join(row) for row in rows), encoding)

    assert (uploaded.added, lines(uploaded)) == (2, [])
    assert members_of(guests) == {aki.pk, ben.pk}


def test_codes_and_addresses_beside_each_other(upload, guests, aki, ben):
    uploaded = upload("code,email\nA-1,\n,ben@example.jp\n")

    assert (uploaded.added, members_of(guests)) == (2, {aki.pk, ben.pk})


def test_a_list_of_addresses_needs_no_heading(upload, guests, aki, ben):
    uploaded = upload("aki@example.jp\nben@example.jp\n")

    assert (uploaded.added, members_of(guests)) == (2, {aki.pk, ben.pk})


def test_every_line_is_accounted_for(upload, guests, aki, ben):
    gone = make_member(email="gone@example.jp")
    members.withdraw_member(member=gone)
    add_members(segment=guests, member_ids=[ben.pk])

    uploaded = upload(
        "email,code\n"
        "aki@example.jp,\n"
        "ben@example.jp,\n"
        "aki@example.jp,\n"
        ",A-1\n"
        "nobody@example.jp,\n"
        ",Z-9\n"
        "gone@example.jp,\n"
        " , \n"
        '"open,\n'
        "one,two,three\n"
    )

    assert (uploaded.added, uploaded.already, uploaded.twice) == (1, 1, 2)
    assert lines(uploaded) == [
        (6, "nobody@example.jp", "Nobody in the list has this e-mail address"),
        (7, "Z-9", "Nobody in the list has this customer code"),
        (8, "gone@example.jp", "This person has left"),
        (10, "", "A quote is opened and never closed"),
        (11, "3 instead of 2", "A wrong number of cells"),
    ]
    assert members_of(guests) == {aki.pk, ben.pk}


def test_an_export_of_ours_can_be_read_back(guests, aki, tmp_path):
    from wagtail_crm.members.export import member_rows  # noqa: PLC0415
    from wagtail_crm.members.models import Member  # noqa: PLC0415
    from wagtail_crm.members.spreadsheets import file_pieces  # noqa: PLC0415

    path = tmp_path / "members.csv"
    path.write_bytes(b"".join(file_pieces(member_rows(Member.objects.all(), []), "cp932")))

    assert add_from_file(segment=guests, path=path, by=None).added == 1


def test_a_file_without_such_a_column_says_what_it_has(upload):
    with pytest.raises(ImportProblem) as problem:
        upload("name,phone\nAki,03\n")

    assert "The columns of this file are: name, phone." in str(problem.value)


def test_a_workbook_is_refused(upload, guests, tmp_path):
    path = tmp_path / "people.xlsx"
    path.write_bytes(b"PK\x03\x04" + b"\0" * 100)

    with pytest.raises(ImportProblem) as problem:
        add_from_file(segment=guests, path=path, by=None)

    assert "Save it as CSV first" in str(problem.value)
