"""Several workers, two clicks and a change of mind at the same time."""

import threading
import uuid

import pytest
from django.db import connection
from wagtail.log_actions import registry as log_registry

from tests.members.factories import make_user
from tests.segments.factories import make_segment, members_of
from tests.segments.test_concurrency import in_threads
from wagtail_crm.loyalty.models import Entry
from wagtail_crm.loyalty.segment_action import GivePoints
from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Segment, SegmentRun
from wagtail_crm.segments.runs import actions
from wagtail_crm.segments.runs.action import segment_actions
from wagtail_crm.segments.runs.builtin import AddToStatic
from wagtail_crm.segments.runs.export import ExportAction, stored_pieces
from wagtail_crm.segments.static import add_members, create_static_segment, remove_members

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

MEMBERS, WORKERS = 400, 4
THANKS = {"points": 5, "reason": "Thanks"}


@pytest.fixture(autouse=True)
def _postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")


class Small(GivePoints):
    batch_size = 20


@pytest.fixture
def segment():
    Member.objects.bulk_create(Member(email=f"m{n}@example.jp") for n in range(MEMBERS))
    return make_segment(name="Everybody")


def test_four_workers_do_each_member_once(segment, monkeypatch):
    run = actions.start_run(segment=segment, action=Small(), options=THANKS, by=make_user())

    errors = in_threads(*[lambda: actions.work_on(run_id=run.pk)] * WORKERS)

    run.refresh_from_db()
    assert errors == []
    assert (run.status, run.done) == ("done", MEMBERS)
    assert Entry.objects.values("account").distinct().count() == MEMBERS
    assert Entry.objects.count() == MEMBERS


def test_two_clicks_at_once_start_one_run(segment):
    staff, key, found = make_user(), uuid.uuid4(), []

    def click():
        options = {"target": None, "name": "Copy"}
        found.append(
            actions.start_run(
                segment=segment, action=AddToStatic(), options=options, by=staff, key=key
            )
        )

    errors = in_threads(click, click)

    assert errors == []
    assert len({run.pk for run in found}) == 1
    assert Segment.objects.filter(name="Copy").count() == 1


def test_cancelling_while_workers_work_keeps_the_sum_right(segment):
    run = actions.start_run(segment=segment, action=Small(), options=THANKS, by=make_user())
    begun = threading.Event()

    def work():
        actions.do_next_batch(run_id=run.pk)
        begun.set()
        actions.work_on(run_id=run.pk)

    def cancel():
        begun.wait(30)
        actions.cancel_run(run=run)

    errors = in_threads(work, work, cancel)

    cancelled = SegmentRun.objects.get()
    assert errors == []
    assert cancelled.status == "cancelled"
    assert 0 < Entry.objects.count() < MEMBERS
    actions.resume_run(run=cancelled)
    actions.work_on(run_id=run.pk)
    cancelled.refresh_from_db()
    assert (cancelled.done, Entry.objects.count()) == (MEMBERS, MEMBERS)


class Slow(Small):
    """Takes as long as somebody needs to cancel it."""

    slug = "slow"
    in_hand, cancelled = threading.Event(), threading.Event()

    def apply(self, batch):
        self.in_hand.set()
        self.cancelled.wait(30)
        super().apply(batch)


def test_what_was_in_hand_while_it_was_cancelled_is_counted(segment, registries):
    segment_actions._items["slow"] = Slow()
    run = actions.start_run(segment=segment, action=Slow(), options=THANKS, by=make_user())

    def cancel():
        Slow.in_hand.wait(30)
        actions.cancel_run(run=run)
        Slow.cancelled.set()

    errors = in_threads(lambda: actions.work_on(run_id=run.pk), cancel)

    run.refresh_from_db()
    [entry] = log_registry.get_logs_for_instance(segment).filter(uuid=run.key)
    assert errors == []
    assert (run.status, run.done) == ("cancelled", Entry.objects.count())
    assert (run.done, entry.data["done"]) == (Small.batch_size, Small.batch_size)


class SlowExport(ExportAction):
    """The first members take until somebody lets them go."""

    slug = "slow_export"
    batch_size = 200
    in_hand, released = threading.Event(), threading.Event()

    def apply(self, batch):
        if batch.number == 0:
            self.in_hand.set()
            self.released.wait(30)
        return super().apply(batch)


def test_a_file_is_put_together_once_nobody_has_any_of_it_in_hand(segment, registries):
    segment_actions._items["slow_export"] = SlowExport()
    options = {"format": "utf-8-sig"}
    run = actions.start_run(segment=segment, action=SlowExport(), options=options, by=make_user())

    def the_others():
        SlowExport.in_hand.wait(30)
        actions.work_on(run_id=run.pk)
        SlowExport.released.set()

    errors = in_threads(lambda: actions.work_on(run_id=run.pk), the_others)

    run.refresh_from_db()
    lines = b"".join(stored_pieces(run)).splitlines()
    assert errors == []
    assert (run.status, run.done, len(lines)) == ("done", MEMBERS, MEMBERS + 1)


def test_a_static_segment_counts_right_while_many_put_in_and_take_out(segment):
    guests = create_static_segment(name="Guests")
    ids = list(Member.objects.order_by("pk").values_list("pk", flat=True))

    def put_in(start):
        return lambda: add_members(segment=guests, member_ids=ids[start : start + 200])

    def take_out():
        remove_members(segment=guests, member_ids=ids[100:300])

    errors = in_threads(put_in(0), put_in(100), put_in(200), take_out, take_out)

    guests.refresh_from_db()
    assert errors == []
    assert guests.size == len(members_of(guests))
