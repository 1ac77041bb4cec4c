"""A segment as a file: what stands in it, who gets it, and when it goes."""

import csv
import datetime
import io

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from tests.members.factories import make_attribute, make_member, make_user
from tests.segments.factories import make_run, make_segment
from wagtail_crm.members import actions as members
from wagtail_crm.segments.models import RunBatch, RunFileChunk, SegmentRun
from wagtail_crm.segments.runs import actions
from wagtail_crm.segments.runs.action import segment_actions
from wagtail_crm.segments.runs.export import stored_pieces

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing", "in_english")]


@pytest.fixture
def staff(db):
    return make_user("staff@example.jp", is_staff=True)


@pytest.fixture
def gone(db):
    """Somebody who will be erased."""
    return make_member(family_name="Gone")


@pytest.fixture
def begun(staff, gone):
    """An export of them and of somebody else, of which nothing is done yet."""
    make_member(family_name="Here")
    return begin(staff)


def begin(staff):
    """An export of everybody, of which nothing is done yet."""
    return actions.start_run(
        segment=make_segment(name="All"),
        action=segment_actions["export"],
        options={"format": "utf-8-sig"},
        by=staff,
    )


def file_of(run):
    return b"".join(stored_pieces(run))


def again(run):
    return SegmentRun.objects.get(pk=run.pk)


def csv_of(run, encoding):
    return list(csv.DictReader(io.StringIO(file_of(run).decode(encoding), newline="")))


def test_csv_in_utf8_has_a_row_per_member(staff):
    make_attribute("score", type="number", label="Score")
    make_member(family_name="田中", given_name="=1+1", attributes={"score": -5})
    make_member(family_name="Lee", email="lee@example.jp")

    run = make_run(make_segment(name="Bakers 東京"), by=staff, format="utf-8-sig")

    first, second = csv_of(run, "utf-8-sig")
    assert (first["Family name"], first["Given name"], first["Score"]) == ("田中", "'=1+1", "-5")
    assert second["E-mail"] == "lee@example.jp"
    assert run.file_name == f"bakers-東京-{timezone.localdate()}.csv"
    assert run.file_size == len(file_of(run))


def test_characters_that_shift_jis_lacks_are_replaced_and_reported(staff):
    make_member(family_name="髙橋", given_name="𠮷😀")
    make_member(family_name="〜−", given_name="x")

    run = make_run(make_segment(name="All"), by=staff, format="cp932")

    first, second = csv_of(run, "cp932")
    assert (first["Family name"], first["Given name"]) == ("髙橋", "〓〓")
    assert second["Family name"] == "～－"
    assert run.report == {"replaced": {"𠮷": 1, "😀": 1}, "signs": 2}


def test_excel_keeps_numbers_and_never_calculates(staff):
    make_attribute("score", type="number", label="Score")
    make_member(family_name="=HYPERLINK(1)", given_name="+81", attributes={"score": 7.5})

    run = make_run(make_segment(name="All"), by=staff, format="xlsx")

    sheet = load_workbook(io.BytesIO(file_of(run))).active
    head, row = list(sheet.iter_rows())
    cells = dict(zip((cell.value for cell in head), row, strict=True))
    assert (cells["Family name"].value, cells["Family name"].data_type) == ("=HYPERLINK(1)", "s")
    assert (cells["Given name"].value, cells["Score"].value) == ("+81", 7.5)
    assert sheet.freeze_panes == "A2"


def test_columns_stay_those_of_the_start(staff):
    definition = make_attribute("shoe", label="Shoe")
    make_member(attributes={"shoe": "42"})
    run = begin(staff)
    make_attribute("late", label="Late")
    definition.delete()

    actions.work_on(run_id=run.pk)

    [row] = csv_of(SegmentRun.objects.get(), "utf-8-sig")
    assert row["shoe"] == "42"
    assert "Late" not in row


def test_the_end_waits_for_what_others_have_in_hand(staff, monkeypatch):
    for _number in range(3):
        make_member()
    monkeypatch.setattr(segment_actions["export"], "batch_size", 1)
    run = begin(staff)
    end = run.batches.get(member_ids=[])
    for _batch in range(3):
        assert actions._take(run) != end
        actions.do_next_batch(run_id=run.pk)

    assert actions._take(run) == end


def test_a_file_goes_after_its_time_and_the_run_after_its_own(staff, settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"RUN_FILE_DAYS": 7, "RUN_DAYS": 30}
    make_member()
    run = make_run(make_segment(name="All"), by=staff)
    now = timezone.now()

    actions.expire_runs(now=now + datetime.timedelta(days=6))
    assert RunFileChunk.objects.count() == 1
    actions.expire_runs(now=now + datetime.timedelta(days=8))
    run.refresh_from_db()
    assert (run.file_name, RunFileChunk.objects.count(), RunBatch.objects.count()) == ("", 0, 0)
    actions.expire_runs(now=now + datetime.timedelta(days=31))
    assert SegmentRun.objects.count() == 0


def test_the_rest_of_a_cancelled_run_is_forgotten_in_time(staff):
    make_member()
    run = actions.start_run(
        segment=make_segment(name="All"),
        action=segment_actions["tag"],
        options={"add": ["VIP"], "remove": []},
        by=staff,
    )
    run = actions.cancel_run(run=run)
    assert actions.can_resume(run)

    actions.expire_runs(now=timezone.now() + datetime.timedelta(days=8))

    assert not actions.can_resume(run)
    with pytest.raises(actions.WrongState):
        actions.resume_run(run=run)


def test_a_file_that_names_somebody_who_is_erased_is_deleted(staff):
    person, other = make_member(), make_member()
    run = make_run(make_segment(name="All"), by=staff)
    tagging = make_run(make_segment(name="Too"), "tag", by=staff, add=["VIP"], remove=[])

    members.withdraw_member(member=other)
    run.refresh_from_db()
    assert run.file_name

    members.withdraw_member(member=person, erase=True)
    run.refresh_from_db()
    tagging.refresh_from_db()
    assert (run.file_name, RunFileChunk.objects.count(), run.report["erased"]) == ("", 0, True)
    assert "erased" not in tagging.report


def test_a_row_that_was_prepared_is_made_anew_without_who_is_erased(gone, begun):
    actions.do_next_batch(run_id=begun.pk)

    members.withdraw_member(member=gone, erase=True)
    actions.work_on(run_id=begun.pk)

    begun.refresh_from_db()
    assert [row["Family name"] for row in csv_of(begun, "utf-8-sig")] == ["Here"]
    assert (begun.done, begun.skipped) == (1, {"left": 1})


def test_a_file_that_was_just_put_together_is_made_anew_without_who_is_erased(gone, begun):
    while actions.do_next_batch(run_id=begun.pk):
        pass
    assert (again(begun).status, again(begun).file_name != "") == ("running", True)

    members.withdraw_member(member=gone, erase=True)
    actions.work_on(run_id=begun.pk)

    assert [row["Family name"] for row in csv_of(again(begun), "utf-8-sig")] == ["Here"]
