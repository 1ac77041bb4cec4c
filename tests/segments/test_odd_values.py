"""Values at which databases and Python could part ways: all three answers are asked."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.members.factories import make_attribute, make_member
from tests.segments.factories import attribute, behaviour, group, make_segment, purchase, record
from tests.segments.lives import Clock
from tests.segments.three_ways import agreed
from wagtail_crm.members.actions import record_consent, update_member, withdraw_member
from wagtail_crm.segments import actions
from wagtail_crm.tracking.models import DailyTotal, Event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]

# Letters whose large or small form is one of A to Z, in some language or on some database.
NAMES = [
    "Kiosk",
    "KIOSK",
    "\N{KELVIN SIGN}iosk",
    "k\N{LATIN SMALL LETTER DOTLESS I}osk",
    "K\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}OSK",
    "kio\N{LATIN SMALL LETTER LONG S}k",
    "ｋｉｏｓｋ",
    "%",
    5,
    ["kiosk"],
]


@pytest.mark.parametrize("comparison", ["contains", "starts_with"])
def test_only_a_to_z_are_as_a_to_z(comparison):
    name = make_attribute("name", type="text")
    pks = [make_member(attributes={"name": value}).pk for value in NAMES]
    for part, expected in (("KIO", {0, 1, 5}), ("%", {7}), ("ki", {0, 1, 5})):
        segment = make_segment(attribute(name, comparison, part))
        assert agreed(segment) == {pks[number] for number in expected}


def test_letters_of_details_are_compared_likewise():
    kind, value = behaviour("search")
    detail = {"name": "subject", "comparison": "contains", "value": "KIO"}
    by_subject = make_segment((kind, value | {"properties": [detail]}))
    by_data = make_segment((kind, value | {"properties": [detail | {"name": "shop.in"}]}))
    members = [make_member() for _name in NAMES[:7]]
    for member, name in zip(members, NAMES, strict=False):
        record(member, "search", subject=name, data={"shop": {"in": name}})
    expected = {members[number].pk for number in (0, 1, 5)}
    assert agreed(by_subject) == agreed(by_data) == expected


@pytest.mark.parametrize("name", ["in", "shop.in", "shop.exact", "shop.gte", "a.b.isnull", "pk"])
def test_a_detail_may_have_the_name_of_a_lookup(name):
    data = "yes"
    for part in reversed(name.split(".")):
        data = {part: data}
    kind, value = behaviour("search")
    detail = {"name": name, "comparison": "is", "value": "yes"}
    segment = make_segment((kind, value | {"properties": [detail]}))
    member = make_member()
    record(member, "search", data=data)
    record(make_member(), "search", data={"shop": "yes"})
    assert agreed(segment) == {member.pk}


@pytest.mark.parametrize("values", [("0.1", "0.7"), ("1.1", "2.2"), ("0.0001", "0.7999"), ("0.8",)])
@pytest.mark.parametrize("measure", ["value", "single"])
def test_amounts_are_added_up_as_decimals(values, measure):
    """0.1 + 0.7 is less than 0.8 in binary fractions, and 1.1 + 2.2 is more than 3.3."""
    total = str(sum(map(Decimal, values)))
    segments = [make_segment(purchase(measure, each, total)) for each in ("at_least", "at_most")]
    member = make_member()
    for value in values:
        record(member, "purchase", value=Decimal(value))  # about the same thing: one purchase
    assert [agreed(segment) for segment in segments] == [{member.pk}, {member.pk}]


def test_what_looks_like_a_date_to_some():
    born = make_attribute("born", type="date")
    segments = [
        make_segment(attribute(born, "anniversary", "366")),
        make_segment(attribute(born, "gt", "1900-01-01")),
    ]
    member = make_member(attributes={"born": "2027-01-01"})
    for value in ("２０２７-01-01", "2027-01-01\n", "\n2027-01-01", "2027-1-1"):
        make_member(attributes={"born": value})
    assert [agreed(segment) for segment in segments] == [{member.pk}, {member.pk}]


@pytest.mark.parametrize(("turns", "expected"), [(11, "who did not"), (12, "who did")])
def test_groups_of_twelve_levels(turns, expected):
    rule = behaviour("search")
    for level in range(12):
        rule = group("none" if level < turns else "all", rule)
    segment = make_segment(rule)
    people = {"who did": make_member(), "who did not": make_member()}
    record(people["who did"], "search")
    assert agreed(segment) == {people[expected].pk}


@pytest.mark.parametrize("comparison", ["anniversary", "in_last", "in_next"])
def test_a_day_between_two_looks_at_the_clock(monkeypatch, comparison):
    """While nobody looks for days, who changes something is asked about on their birthday."""
    clock = Clock(datetime.datetime(2027, 3, 10, 3, tzinfo=datetime.UTC))
    monkeypatch.setattr(timezone, "now", clock)
    born = make_attribute("born", type="date")
    member = make_member(attributes={"born": "2027-03-12"})
    segment = make_segment(attribute(born, comparison, "1"))
    clock.now += datetime.timedelta(days=2)
    update_member(member=member, fields={"time_zone": "Asia/Tokyo"})
    assert agreed(segment) == {member.pk}

    clock.now += datetime.timedelta(days=2)
    actions.let_time_pass(until=clock.now)
    assert agreed(segment) == set()


def test_a_window_that_passed_over_several_days(monkeypatch):
    """Nobody looked on the day that was the right one for some of them."""
    clock = Clock(datetime.datetime(2027, 3, 10, 3, tzinfo=datetime.UTC))
    monkeypatch.setattr(timezone, "now", clock)
    kind, value = behaviour("login")
    days = {"days": 3, "days_to": 4}
    before, ago = (
        make_segment((kind, value | days | {"window": each})) for each in ("before", "ago")
    )
    members = [make_member() for _number in range(4)]
    for days_ago, member in enumerate(members):
        record(member, "login", days_ago=days_ago)
    assert agreed(before) == agreed(ago) == {members[3].pk}

    clock.now += datetime.timedelta(days=3)
    actions.let_time_pass(until=clock.now)
    assert agreed(before) == {member.pk for member in members}
    assert agreed(ago) == {members[0].pk, members[1].pk}


def test_yes_is_no_number():
    age = make_attribute("age", type="number")
    members = [make_member(attributes={"age": value}) for value in (0, True, "1", 1.0, [1])]
    segment = make_segment(attribute(age, "gte", "0"))
    assert agreed(segment) == {members[0].pk, members[3].pk}


def test_what_was_taken_back_was_never_done():
    """A total of nothing is left, and an event that does not count."""
    kind, value = behaviour("search", comparison="first")
    first = make_segment((kind, value | {"window": "last", "days": 7}))
    detail = {"name": "device", "comparison": "is", "value": "phone"}
    twice = make_segment(behaviour("search", times=2))
    detailed = make_segment((kind, behaviour("search", times=2)[1] | {"properties": [detail]}))
    member = make_member()
    for days_ago in (20, 0):
        record(member, "search", days_ago=days_ago, data={"device": "phone"})
    long_ago = timezone.now() - datetime.timedelta(days=10)
    assert agreed(first) == set()
    assert agreed(twice) == agreed(detailed) == {member.pk}

    DailyTotal.objects.filter(day__lt=long_ago).update(count=0, value=0)
    Event.objects.filter(at__lt=long_ago).update(uncounted=True)
    actions.refresh_members(member_ids={member.pk}, kinds={"search"})
    assert agreed(first) == {member.pk}
    assert agreed(twice) == agreed(detailed) == set()


def test_the_last_answer_counts():
    rules = [
        make_segment(("consent", {"agreed": each, "purpose": "email"}))
        for each in ("agreed", "refused", "not_asked")
    ]
    member = make_member()
    for answer, expected in ((None, "not_asked"), (True, "agreed"), (False, "refused")):
        if answer is not None:
            record_consent(member=member, purpose="email", granted=answer, source="test")
        found = [agreed(each) == {member.pk} for each in rules]
        assert found == [each == expected for each in ("agreed", "refused", "not_asked")]


def test_the_last_time_was_after_the_window():
    kind, value = behaviour("search", comparison="last")
    long_ago = make_segment((kind, value | {"window": "before", "days": 7}))
    gone, back = make_member(), make_member()
    for member in (gone, back):
        record(member, "search", days_ago=20)
    record(back, "search")
    assert agreed(long_ago) == {gone.pk}


def test_who_left_is_not_counted_anew():
    segment, member = make_segment(), make_member()
    withdraw_member(member=member)
    actions.refresh_segment(segment=segment)
    assert agreed(segment) == set()
