import datetime
import uuid

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking.factories import visit
from wagtail_crm.tracking.actions import keep_consent_of_browser, record_events
from wagtail_crm.tracking.models import Visitor

pytestmark = pytest.mark.django_db
START = timezone.now().replace(microsecond=0)


def seen(visitor, hour, source=None):
    data = {"touch": {"utm_source": source}} if source else {}
    return visit(visitor_id=visitor, at=START + datetime.timedelta(hours=hour), data=data)


def record(*events):
    record_events(events=events)
    row = Visitor.objects.get()
    hours = [
        (at - START) / datetime.timedelta(hours=1) for at in (row.first_seen_at, row.last_seen_at)
    ]
    return [*hours, row.first_touch.get("utm_source"), row.last_touch.get("utm_source")]


def test_the_first_and_the_latest_touch_are_kept():
    visitor = uuid.uuid4()
    assert record(seen(visitor, 0, "letter"), seen(visitor, 1), seen(visitor, 2)) == [
        0,
        2,
        "letter",
        "letter",
    ]
    assert record(seen(visitor, 3, "search"), seen(visitor, 4)) == [0, 4, "letter", "search"]


def test_a_first_visit_from_nowhere_stays_one():
    visitor = uuid.uuid4()
    assert record(seen(visitor, 0), seen(visitor, 1, "letter")) == [0, 1, None, "letter"]


@pytest.mark.parametrize("hour", [-1, 1])
def test_a_row_that_was_made_before_a_visit_was_written_says_nothing_of_it(hour):
    visitor = uuid.uuid4()
    keep_consent_of_browser(visitor_id=visitor)
    assert record(seen(visitor, hour, "letter")) == [hour, hour, "letter", "letter"]


def test_what_arrives_late_does_not_move_the_latest():
    visitor = uuid.uuid4()
    record(seen(visitor, 5, "search"))
    assert record(seen(visitor, 1, "letter")) == [1, 5, "letter", "search"]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.sampled_from([None, "a", "b"])),
        min_size=1,
        max_size=6,
        unique_by=lambda pair: pair[0],
    ),
    st.randoms(),
    st.booleans(),
)
def test_one_by_one_in_any_order_is_like_all_at_once(sightings, random, agreed_before):
    """Also when the browser said yes, or somebody signed in on it, before a visit was written."""
    Visitor.objects.all().delete()
    visitor = uuid.uuid4()
    events = [seen(visitor, *sighting) for sighting in sightings]
    together = record(*events)
    Visitor.objects.all().delete()
    if agreed_before:
        keep_consent_of_browser(visitor_id=visitor)
    random.shuffle(events)
    for event in events:
        apart = record(event)
    assert apart[:3] == together[:3]
