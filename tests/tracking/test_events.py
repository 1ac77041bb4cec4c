import datetime
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_crm.tracking.events import NewEvent, event_id_for, new_event_id

MOMENTS = st.datetimes(
    datetime.datetime(1990, 1, 1), datetime.datetime(2100, 1, 1), timezones=st.just(datetime.UTC)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda some: st.lists(some), max_leaves=5
)
EVENTS = st.builds(
    NewEvent,
    kind=st.text(min_size=1),
    id=st.uuids(),
    at=MOMENTS,
    member_id=st.integers(0, 2**40),
    visitor_id=st.none() | st.uuids(),
    page_id=st.integers(0, 2**40),
    site_id=st.none() | st.integers(1, 9),
    subject=st.text(max_size=120),
    value=st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=4),
    data=st.dictionaries(st.text(), JSON),
)


@given(EVENTS)
def test_from_json_is_the_inverse_of_to_json(event):
    assert NewEvent.from_json(event.to_json()) == event


@given(st.binary() | st.recursive(JSON, st.lists).map(lambda value: repr(value).encode()))
def test_from_json_of_anything_else_is_a_value_error(text):
    with pytest.raises(ValueError):
        NewEvent.from_json(text)


GOOD = {
    "kind": '"page_view"',
    "id": f'"{uuid.uuid4()}"',
    "at": '"2026-01-01T00:00:00+00:00"',
}


@pytest.mark.parametrize(
    "field",
    [
        {"id": "17"},
        {"at": '"2026-01-01T00:00:00"'},
        {"at": "5"},
        {"value": '"NaN"'},
        {"value": '"a lot"'},
        {"member_id": '"1"'},
        {"page_id": "1.5"},
        {"data": "[1]"},
        {"subject": f'"{"x" * 121}"'},
        {"kind": "null"},
        {"colour": '"red"'},
        {"id": None},
        {"at": None},
        {"visitor_id": '"me"'},
    ],
)
def test_from_json_refuses_a_wrong_field(field):
    text = ",".join(f'"{name}":{value}' for name, value in (GOOD | field).items() if value)
    with pytest.raises(ValueError):
        NewEvent.from_json(f"{{{text}}}".encode())


def test_to_json_leaves_out_what_is_empty():
    event = NewEvent("login", at=datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC))
    assert event.to_json() == (
        b'{"kind":"login","id":"%s","at":"2026-01-02T00:00:00Z"}' % str(event.id).encode()
    )


def test_half_a_character_is_written_and_refused_on_reading():
    text = NewEvent("search", subject="bread \ud83c").to_json()

    assert text.isascii()
    with pytest.raises(ValueError, match="Not an event"):
        NewEvent.from_json(text)


def test_values_keep_their_cents():
    event = NewEvent("purchase", value=Decimal("19.9000"))
    assert str(NewEvent.from_json(event.to_json()).value) == "19.9000"


def test_new_event_ids_are_ordered_uuid7():
    ids = [new_event_id() for _ in range(100)]
    assert ids == sorted(ids)
    assert {(key.version, key.variant) for key in ids} == {(7, uuid.RFC_4122)}


@given(MOMENTS, st.lists(st.text() | st.integers()))
def test_event_id_for_is_a_stable_uuid7_of_its_moment(at, key):
    event_id = event_id_for(at, *key)
    assert event_id == event_id_for(at, *key)
    assert (event_id.version, event_id.variant) == (7, uuid.RFC_4122)
    assert event_id.int >> 80 == int(at.timestamp() * 1000)


def test_event_id_for_another_key_is_another():
    at = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    assert event_id_for(at, "order", 1) != event_id_for(at, "order", 2)
