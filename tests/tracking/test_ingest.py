import datetime
from collections import Counter, defaultdict
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import DailyTotal, Event

pytestmark = pytest.mark.django_db

TOKYO = ZoneInfo("Asia/Tokyo")
START = datetime.datetime(2026, 3, 30, tzinfo=datetime.UTC)


def totals():
    return {
        (row.member_id, row.kind, row.page_id, row.subject, row.day): (row.count, row.value)
        for row in DailyTotal.objects.all()
    }


def recount(events):
    counts, values = Counter(), defaultdict(Decimal)
    for event in events:
        day = event.at.astimezone(TOKYO).date()
        key = (event.member_id, event.kind, event.page_id, event.subject, day)
        counts[key] += 1
        values[key] += event.value or 0
    return {key: (counts[key], values[key]) for key in counts}


def test_an_event_keeps_every_field():
    event = NewEvent(
        "purchase",
        member_id=7,
        page_id=3,
        site_id=1,
        subject="sku:P08",
        value=Decimal("3200.5"),
        data={"quantity": 2, "when": datetime.date(2026, 1, 2)},
    )
    assert record_events(events=[event]) == {event.id}
    row = Event.objects.get()
    assert (row.pk, row.at, row.kind, row.member_id, row.page_id, row.site_id) == (
        event.id,
        event.at,
        "purchase",
        7,
        3,
        1,
    )
    assert (row.subject, row.value, row.visitor_id) == ("sku:P08", Decimal("3200.5"), None)
    assert row.data == {"quantity": 2, "when": "2026-01-02"}


def test_writing_again_changes_nothing():
    events = [NewEvent("login", member_id=1), NewEvent("login", member_id=1)]
    assert record_events(events=events) == {event.id for event in events}
    assert record_events(events=events) == set()
    assert Event.objects.count() == 2
    assert totals() == recount(events)


def test_the_same_event_twice_in_a_batch_counts_once():
    event = NewEvent("login", member_id=1)
    assert record_events(events=[event, event]) == {event.id}
    assert totals() == recount([event])


def test_a_day_is_the_day_of_the_site():
    late = datetime.datetime(2026, 3, 31, 14, 59, tzinfo=datetime.UTC)
    record_events(events=[NewEvent("login", at=late)])
    record_events(events=[NewEvent("login", at=late + datetime.timedelta(minutes=1))])
    days = DailyTotal.objects.order_by("day").values_list("day", flat=True)
    assert list(days) == [datetime.date(2026, 3, 31), datetime.date(2026, 4, 1)]


@pytest.mark.parametrize(
    ("zone", "midnight", "days"),
    [
        # An hour comes twice: the days before and after it.
        ("America/New_York", "2026-11-01 04:00", ["2026-10-31", "2026-11-01"]),
        ("America/New_York", "2026-11-02 05:00", ["2026-11-01", "2026-11-02"]),
        # Clocks go forward at midnight: the day begins at one.
        ("Africa/Cairo", "2026-04-23 22:00", ["2026-04-23", "2026-04-24"]),
        ("Asia/Kathmandu", "2026-12-31 18:15", ["2026-12-31", "2027-01-01"]),
        # A day that never was.
        ("Pacific/Apia", "2011-12-30 10:00", ["2011-12-29", "2011-12-31"]),
        ("Asia/Tokyo", "2028-02-28 15:00", ["2028-02-28", "2028-02-29"]),
    ],
)
def test_days_end_where_the_sites_clocks_say(settings, zone, midnight, days):
    settings.TIME_ZONE = zone
    end = datetime.datetime.fromisoformat(f"{midnight}Z")
    for moment in (end - datetime.timedelta(minutes=1), end):
        record_events(events=[NewEvent("login", at=moment)])
    assert [str(total.day) for total in DailyTotal.objects.order_by("day")] == days


def test_nothing_is_nothing():
    assert record_events(events=[]) == set()


EVENTS = st.lists(
    st.builds(
        NewEvent,
        kind=st.sampled_from(["page_view", "purchase", "login"]),
        at=st.timedeltas(datetime.timedelta(0), datetime.timedelta(days=3)).map(START.__add__),
        member_id=st.integers(0, 2),
        page_id=st.integers(0, 2),
        subject=st.sampled_from(["", "sku:A", "sku:a"]),
        value=st.none() | st.decimals(-1000, 1000, places=4),
    ),
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, data=st.data())
def test_totals_equal_a_recount_whatever_is_repeated(django_db_blocker, events, data):
    Event.objects.all().delete()
    DailyTotal.objects.all().delete()
    for _ in range(data.draw(st.integers(1, 3))):
        record_events(events=data.draw(st.lists(st.sampled_from(events))) if events else [])
    record_events(events=events)
    assert set(Event.objects.values_list("pk", flat=True)) == {event.id for event in events}
    assert totals() == recount(events)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes in several statements")
def test_events_and_totals_are_one_statement(django_assert_num_queries):
    events = [NewEvent("login", member_id=member) for member in range(50)]
    with django_assert_num_queries(3):  # savepoint, one statement, release
        record_events(events=events)
