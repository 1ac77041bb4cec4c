"""Several workers and web processes refresh the same members and segments at once."""

import datetime
import random
import threading
import time

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from tests.members.factories import make_attribute, make_member
from tests.segments.factories import (
    attribute,
    behaviour,
    in_segment,
    make_segment,
    members_of,
    record,
)
from tests.segments.lives import tag_as_anything
from tests.tracking.factories import make_page
from wagtail_crm.members.actions import update_member
from wagtail_crm.members.models import Member
from wagtail_crm.segments import actions
from wagtail_crm.segments.evaluation import BUCKETS, LOCK_OF_MEMBERS, matching
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.rules.base import site_today
from wagtail_crm.segments.sql import LOCK_MEMBERS
from wagtail_crm.tracking import actions as tracking
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import DailyTotal, RefusedEvent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

PEOPLE, WORKERS, BATCHES = 40, 4, 12


@pytest.fixture(autouse=True)
def _postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer.")


def in_threads(*jobs):
    """Run the jobs at the same time, each on its own connection; the errors they raised."""
    errors = []
    start = threading.Barrier(len(jobs))

    def run(job):
        try:
            start.wait()
            job()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    return errors


def test_workers_and_full_counts_at_once_end_with_the_right_members(caplog):
    people = [make_member() for _number in range(PEOPLE)]
    seldom = make_segment(behaviour("login", comparison="at_most", times=3))
    often = make_segment(behaviour("login", times=4))
    both = make_segment(in_segment(seldom), behaviour("search"))
    segments = [seldom, often, both]

    def worker(seed):
        chance = random.Random(seed)

        def work():
            for _batch in range(BATCHES):
                some = chance.sample(people, 12)  # in any order, overlapping the others'
                kind = chance.choice(["login", "login", "search"])
                tracking.record_events(
                    events=[NewEvent(kind=kind, member_id=member.pk) for member in some]
                )

        return work

    def count_anew():
        for _time in range(BATCHES):
            for segment in segments:
                actions.refresh_segment(segment=Segment.objects.get(pk=segment.pk))

    errors = in_threads(*[worker(seed) for seed in range(WORKERS)], count_anew, count_anew)
    assert errors == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    for segment in segments:
        wanted = set(matching(segment.rule).values_list("pk", flat=True))
        assert members_of(segment) == wanted
        assert Segment.objects.get(pk=segment.pk).size == len(wanted)


@pytest.fixture
def rival():
    """Another connection, in a transaction of its own."""
    other = connection.copy()
    other.set_autocommit(False)
    yield other
    other.close()


def waiting_for_locks():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


def until(condition):
    for _time in range(400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("It never happened.")


def started(job):
    def run():
        job()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("full", [True, False], ids=["full", "for the member"])
def test_refresh_that_read_an_older_state_does_not_have_the_last_word(rival, full):
    """It has decided to let somebody in, and is held up while a newer one decides otherwise."""
    segment = make_segment(behaviour("login", comparison="at_most", times=0))
    member = make_member()
    segment.memberships.all().delete()
    Segment.objects.filter(pk=segment.pk).update(size=0)

    def decide_in():
        if full:
            actions.refresh_segment(segment=segment)
        else:
            actions.refresh_members(member_ids={member.pk}, kinds={"login"})

    def decide_out():
        actions.refresh_members(member_ids={member.pk}, kinds={"login"})

    with rival.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wagtail_crm_segments_membership (segment_id, member_id, entered_at)"
            " VALUES (%s, %s, now())",
            [segment.pk, member.pk],
        )
    held_up = started(decide_in)
    until(lambda: waiting_for_locks() == 1)
    DailyTotal.objects.create(member=member, kind="login", day=site_today(), count=1)
    newer = started(decide_out)
    until(lambda: not newer.is_alive() or waiting_for_locks() == 2)
    rival.rollback()
    held_up.join(timeout=60)
    newer.join(timeout=60)
    assert members_of(segment) == set()
    assert Segment.objects.get(pk=segment.pk).size == 0


def test_segment_deleted_while_members_are_refreshed_harms_no_other():
    people = [make_member() for _number in range(10)]
    kept = make_segment(behaviour("login"))
    doomed = [make_segment(behaviour("login")) for _number in range(6)]

    def work():
        for member in people:
            record(member, "login")

    def delete():
        for segment in doomed:
            segment.delete()

    assert in_threads(work, delete) == []
    assert members_of(kept) == {member.pk for member in people}
    assert Segment.objects.get(pk=kept.pk).size == Member.objects.count() == 10


def hold(rival, member):
    """Another worker refreshes the member, and takes its time."""
    with rival.cursor() as cursor:
        cursor.execute(LOCK_MEMBERS.format(buckets=BUCKETS), [LOCK_OF_MEMBERS, [member.pk]])


@pytest.fixture
def impatient():
    """From now on the database gives up whatever has to wait."""

    def give_up():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")

    yield give_up
    connection.close()


def test_what_the_database_would_not_do_at_once_is_done_later(rival, impatient):
    member, buyers = make_member(), make_segment(behaviour("purchase"))
    hold(rival, member)
    impatient()

    record(member, "purchase")
    assert (members_of(buyers), RefusedEvent.objects.count()) == (set(), 1)

    rival.rollback()
    assert tracking.retry_refused_events() == 1
    assert (members_of(buyers), RefusedEvent.objects.count()) == ({member.pk}, 0)


def test_a_change_that_nobody_tells_again_is_not_lost(rival, impatient):
    city = make_attribute("city")
    member, local = make_member(), make_segment(attribute(city, "is", "Tokyo"))
    other = make_segment(behaviour("purchase"))
    hold(rival, member)
    impatient()

    update_member(member=member, attributes={"city": "Tokyo"})
    assert (members_of(local), list(Segment.objects.waiting())) == (set(), [local])

    rival.rollback()
    assert actions.refresh_waiting() == 1
    assert (members_of(local), members_of(other)) == ({member.pk}, set())


def test_a_page_with_another_tag_is_not_forgotten(rival, impatient):
    page, (kind, value) = make_page(), behaviour()
    member, warm = make_member(), make_segment((kind, value | {"page_tag": "warm"}))
    record(member, page=page)
    hold(rival, member)
    impatient()

    tag_as_anything(page, "warm")
    assert list(Segment.objects.waiting()) == [warm]

    rival.rollback()
    assert (actions.refresh_waiting(), members_of(warm)) == (1, {member.pk})


def test_a_new_day_is_not_over_for_those_who_could_not_be_asked(rival, impatient):
    member, buyers = make_member(), make_segment(behaviour("purchase", days=30))
    record(member, "purchase")
    tomorrow = timezone.now() + datetime.timedelta(days=40)
    hold(rival, member)
    impatient()
    before = Segment.objects.get(pk=buyers.pk).clock_at

    with pytest.raises(OperationalError):
        actions.let_time_pass(until=tomorrow)

    assert Segment.objects.get(pk=buyers.pk).clock_at == before
    rival.rollback()
