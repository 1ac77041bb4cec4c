import datetime
import threading

import pytest
from dateutil.relativedelta import relativedelta
from django.db import connection, transaction
from django.utils import timezone

from tests.tracking.factories import view
from wagtail_crm.tracking import partitions, retention
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.models import Event

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL has partitions"
)
pytestmark = pytest.mark.django_db


def partition_of(event):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM wagtail_crm_tracking_event WHERE id = %s",
            [event.id],
        )
        return cursor.fetchone()[0].removeprefix("wagtail_crm_tracking_event_")


def at(year, month, day=1, hour=0):
    return datetime.datetime(year, month, day, hour, tzinfo=datetime.UTC)


@on_postgresql
def test_the_coming_months_are_there_after_migrate():
    for months in range(partitions.MONTHS_AHEAD + 1):
        moment = timezone.now() + relativedelta(months=months)
        event = view(at=moment)
        record_events(events=[event])
        assert partition_of(event) == f"{moment.astimezone(datetime.UTC):%Y_%m}"
    assert partitions.create_ahead() == []


@on_postgresql
def test_rows_move_out_of_the_default_partition():
    inside = [view(at=at(2011, 3)), view(at=at(2011, 3, 31, 23))]
    outside = [view(at=at(2011, 4)), view(at=at(2011, 2, 28, 23))]
    record_events(events=inside + outside)
    assert partition_of(inside[0]) == "other"
    name = partitions.create_month(datetime.date(2011, 3, 1))
    assert name == "wagtail_crm_tracking_event_2011_03"
    assert [partition_of(event) for event in inside] == ["2011_03", "2011_03"]
    assert [partition_of(event) for event in outside] == ["other", "other"]
    assert partitions.create_month(datetime.date(2011, 3, 1)) is None
    assert Event.objects.count() == 4


@on_postgresql
def test_a_moved_event_is_still_written_once():
    event = view(at=at(2011, 3, 5))
    record_events(events=[event])
    partitions.create_month(datetime.date(2011, 3, 1))
    assert record_events(events=[event]) == set()


@on_postgresql
def test_months_that_an_import_left_get_their_partition():
    events = [view(at=at(2010, 12, 5)), view(at=at(2011, 1, 5))]
    record_events(events=events)
    assert partitions.create_ahead() == [
        "wagtail_crm_tracking_event_2010_12",
        "wagtail_crm_tracking_event_2011_01",
    ]
    assert [partition_of(event) for event in events] == ["2010_12", "2011_01"]


@on_postgresql
def test_new_partitions_have_every_index():
    partitions.create_month(datetime.date(2011, 3, 1))
    count = "SELECT count(*) FROM pg_indexes WHERE tablename = %s"
    with connection.cursor() as cursor:
        cursor.execute(count, ["wagtail_crm_tracking_event"])
        expected = cursor.fetchone()
        cursor.execute(count, ["wagtail_crm_tracking_event_2011_03"])
        assert cursor.fetchone() == expected


@on_postgresql
def test_drop_before_drops_whole_months_only():
    for month in (1, 2, 3):
        partitions.create_month(datetime.date(2011, month, 1))
    dropped = partitions.drop_before(at(2011, 3, 15))
    assert dropped == [
        "wagtail_crm_tracking_event_2011_01",
        "wagtail_crm_tracking_event_2011_02",
    ]


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_long_for_a_partition(monkeypatch):
    """A report that reads the log holds up the maker, who gives up and comes back later."""
    monkeypatch.setattr(partitions, "BEGIN", partitions.BEGIN.replace("'5s'", "'100ms'"))
    record_events(events=[view(at=at(2011, 1, 5)), view(at=at(2011, 2, 5))])
    made = partitions.create_months([datetime.date(2011, month, 1) for month in (1, 2)])
    reading, done = threading.Event(), threading.Event()

    def read():
        with transaction.atomic():
            list(Event.objects.all())
            reading.set()
            done.wait(10)
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait(10)
    assert partitions.create_month(datetime.date(2011, 3, 1)) is None
    # A month goes as a whole or not at all: row by row it would take hours.
    assert (retention.drop_events(dry=False), Event.objects.count()) == (0, 2)
    done.set()
    reader.join()
    assert partitions.create_month(datetime.date(2011, 3, 1)) == made[0].replace("_01", "_03")
    assert (retention.drop_events(dry=False), Event.objects.count()) == (2, 0)
    assert partitions.ended_before(at(2011, 5)) == []


@on_postgresql
def test_a_moment_that_stands_for_never_gets_no_month():
    moments = [at(9999, 12, 31), at(9998, 12, 31), at(10, 1, 1)]
    record_events(events=[view(at=moment) for moment in moments])
    assert partitions.create_ahead() == ["wagtail_crm_tracking_event_9998_12"]
    assert partitions.create_ahead() == []
    assert (retention.drop_events(dry=False), Event.objects.count()) == (1, 2)


def test_other_databases_have_none():
    if connection.vendor != "postgresql":
        assert partitions.create_ahead() == partitions.drop_before(timezone.now()) == []
