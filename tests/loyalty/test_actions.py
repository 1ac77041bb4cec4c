import datetime
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import ModelLogEntry

from tests.loyalty.factories import a_day, balance, make_event, make_rule, make_staff
from tests.members.factories import make_member, make_registered_member
from wagtail_crm.loyalty import actions
from wagtail_crm.loyalty.ledger import NotEnoughPoints
from wagtail_crm.loyalty.models import EarningRule, Entry
from wagtail_crm.loyalty.tasks import sweep_points
from wagtail_crm.members.actions import withdraw_member
from wagtail_crm.members.signals import member_changed
from wagtail_crm.segments.models import Membership, Segment
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.ingest import write_events
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db
Frequency = EarningRule.Frequency


def amounts(member):
    return list(Entry.objects.of_member(member).order_by("pk").values_list("amount", flat=True))


def test_award_gives_fixed_points():
    make_rule(points=100)
    member = make_member()
    actions.award_points(events=[make_event(member)])
    assert amounts(member) == [100]


@pytest.mark.parametrize(
    ("value", "expected"), [("99.99", []), ("100", [2]), ("1050", [20]), ("-500", []), (None, [])]
)
def test_award_gives_points_per_value(value, expected):
    make_rule(kind="purchase", points=2, per_value=100)
    member = make_member()
    actions.award_points(events=[make_event(member, "purchase", value)])
    assert amounts(member) == expected


def test_award_of_the_same_event_twice_gives_once():
    make_rule()
    member = make_member()
    event = make_event(member)
    actions.award_points(events=[event, event])
    actions.award_points(events=[event])
    assert amounts(member) == [100]


def test_each_event_earns_each_time():
    make_rule(frequency=Frequency.EACH)
    member = make_member()
    actions.award_points(events=[make_event(member), make_event(member)])
    assert amounts(member) == [100, 100]


def test_once_earns_the_first_time_only():
    make_rule(frequency=Frequency.ONCE)
    first, second = make_member(), make_member()
    actions.award_points(events=[make_event(first), make_event(first), make_event(second)])
    actions.award_points(events=[make_event(first)])
    assert (amounts(first), amounts(second)) == ([100], [100])


def test_once_a_day_counts_days_of_the_site():
    make_rule(frequency=Frequency.DAILY)
    member = make_member()
    late, early_next = a_day(10, hour=23), a_day(11, hour=0)
    actions.award_points(
        events=[make_event(member, at=moment) for moment in (a_day(10), late, early_next)]
    )
    assert amounts(member) == [100, 100]


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"kind": "logout"},
        {"starts_at": timezone.now() + datetime.timedelta(days=1)},
        {"ends_at": timezone.now() - datetime.timedelta(days=1)},
    ],
)
def test_award_gives_nothing_outside_the_rule(change):
    make_rule(**change)
    member = make_member()
    assert actions.award_points(events=[make_event(member)]) == []


def test_award_gives_nothing_to_nobody_or_to_who_left():
    make_rule()
    left = make_member()
    withdraw_member(member=left)
    nobody = make_event(make_member())
    nobody = type(nobody)(kind="login", member_id=0)
    assert actions.award_points(events=[nobody, make_event(left)]) == []


def test_a_rule_of_a_page_includes_the_pages_below(home_page):
    make_rule(kind="page_view", page=home_page)
    member = make_member()
    inside = make_event(member, "page_view", page_id=home_page.pk)
    outside = make_event(member, "page_view", page_id=home_page.get_parent().pk)
    actions.award_points(events=[inside, outside])
    assert [entry.event_id for entry in Entry.objects.all()] == [inside.id]


def test_a_rule_of_a_segment_asks_who_was_in_it():
    segment = Segment.objects.create(name="Gold")
    make_rule(segment=segment)
    inside, outside, late = make_member(), make_member(), make_member()
    Membership.objects.create(segment=segment, member=inside)
    Membership.objects.create(
        segment=segment, member=late, entered_at=timezone.now() + datetime.timedelta(hours=1)
    )
    actions.award_points(events=[make_event(member) for member in (inside, outside, late)])
    assert [amounts(member) for member in (inside, outside, late)] == [[100], [], []]


def test_points_earn_no_points():
    make_rule(kind="points")
    member = make_member()
    assert actions.award_points(events=[make_event(member, "points", 5)]) == []


def test_points_are_in_the_log_after_what_they_are_for():
    make_rule(label="Come back")
    member = make_member()
    event = make_event(member, at=a_day(10))
    record_events(events=[event])
    actions.award_points(events=[event])
    newest = Event.objects.of_member(member).newest_first()
    assert [(row.kind, row.value, row.data) for row in newest] == [
        ("points", 100, {"label": "Come back"}),
        ("login", None, {}),
    ]


def test_a_change_of_points_is_announced(django_capture_on_commit_callbacks):
    heard = []
    hear = lambda member_ids, fields, **rest: heard.append((member_ids, fields))  # noqa: E731
    make_rule()
    member = make_member()
    member_changed.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        actions.award_points(events=[make_event(member)])
    member_changed.disconnect(hear)
    assert heard == [({member.pk}, {"points"})]


def test_recorded_events_earn_points(django_capture_on_commit_callbacks):
    make_rule()
    member = make_member()
    with django_capture_on_commit_callbacks(execute=True):
        record_events(events=[make_event(member)])
    assert balance(member) == 100


def test_the_number_of_queries_does_not_grow_with_the_events():
    segment = Segment.objects.create(name="Gold")
    make_rule(segment=segment)
    members = [make_member() for _number in range(4)]
    for member in members:
        Membership.objects.create(segment=segment, member=member)
    actions.award_points(events=[make_event(member) for member in members])
    with CaptureQueriesContext(connection) as one:
        assert len(actions.award_points(events=[make_event(members[0])])) == 1
    with CaptureQueriesContext(connection) as many:
        assert len(actions.award_points(events=[make_event(who) for who in members * 3])) == 12
    if connection.vendor == "postgresql":
        assert len(many) == len(one)


def test_the_sweeper_gives_what_was_missed_and_nothing_twice():
    make_rule()
    rewarded, missed = make_member(), make_member()
    event = make_event(rewarded)
    write_events([event, make_event(missed)])
    actions.award_points(events=[event])
    assert sweep_points() == 1
    assert sweep_points() == 0
    assert (amounts(rewarded), amounts(missed)) == ([100], [100])


@pytest.mark.parametrize("frequency", [Frequency.ONCE, Frequency.DAILY])
def test_the_sweeper_respects_how_often(frequency):
    make_rule(frequency=frequency)
    member = make_member()
    write_events([make_event(member), make_event(member)])
    assert (sweep_points(), sweep_points()) == (1, 0)


def test_the_sweeper_gives_nothing_for_what_was_before_the_rule():
    member = make_member()
    write_events([make_event(member)])
    make_rule(starts_at=timezone.now())
    assert sweep_points() == 0


def test_the_sweeper_looks_at_every_batch(monkeypatch):
    monkeypatch.setattr("wagtail_crm.loyalty.missed.BATCH", 2)
    make_rule()
    members = [make_member() for _number in range(5)]
    write_events([make_event(member) for member in members])
    assert sweep_points() == 5


def test_spending_takes_points_once():
    member = make_member()
    actions.adjust_points(member=member, points=100, reason="Gift", staff=make_staff())
    assert (
        actions.spend_points(member=member, points=60, key="order:1", label="Order 1").amount == -60
    )
    assert actions.spend_points(member=member, points=60, key="order:1", label="Order 1") is None
    with pytest.raises(NotEnoughPoints):
        actions.spend_points(member=member, points=60, key="order:2", label="Order 2")
    assert balance(member) == 40


def test_adjusting_by_hand_is_logged_with_its_reason():
    staff, member = make_staff(), make_member()
    entry = actions.adjust_points(member=member, points=30, reason="Late parcel", staff=staff)
    assert (entry.label, entry.staff, entry.amount) == ("Late parcel", staff, 30)
    logged = ModelLogEntry.objects.get(action="wagtail_crm.points")
    assert (logged.user, logged.data, int(logged.object_id)) == (
        staff,
        {"points": 30, "reason": "Late parcel"},
        member.pk,
    )


def test_adjusting_with_the_same_key_twice_counts_once():
    staff, member = make_staff(), make_member()
    for _press in range(2):
        actions.adjust_points(member=member, points=30, reason="Sorry", staff=staff, key="form-1")
    assert balance(member) == 30
    assert ModelLogEntry.objects.filter(action="wagtail_crm.points").count() == 1


def test_points_end_with_the_membership(django_capture_on_commit_callbacks):
    member = make_registered_member()
    actions.adjust_points(member=member, points=30, reason="Gift", staff=make_staff())
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_member(member=member)
    assert amounts(member) == [30, -30]
    assert actions.forfeit_points_of_withdrawn() == 0


def test_the_sweeper_ends_points_that_a_dead_process_left():
    member = make_member()
    actions.adjust_points(member=member, points=30, reason="Gift", staff=make_staff())
    withdraw_member(member=member)
    assert (sweep_points(), balance(member)) == (1, 0)


def test_erasing_a_member_keeps_numbers_and_forgets_words(django_capture_on_commit_callbacks):
    make_rule(label="Come back")
    member = make_member()
    actions.award_points(events=[make_event(member)])
    actions.adjust_points(member=member, points=30, reason="Her mother is ill", staff=make_staff())
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_member(member=member, erase=True)
    entries = Entry.objects.of_member(member).order_by("pk")
    assert [(entry.amount, entry.label, entry.staff, entry.event_id) for entry in entries] == [
        (100, "Come back", None, None),
        (30, "", None, None),
        (-130, "", None, None),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_workers_award_the_same_event_once():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets only one connection write at all.")
    make_rule()
    member = make_member()
    events = [make_event(member) for _number in range(20)]
    barrier = threading.Barrier(2)
    failures = []

    def work():
        try:
            barrier.wait()
            for event in events:
                actions.award_points(events=[event])
        except Exception as error:  # any of them fails the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (balance(member), len(amounts(member))) == (2000, 20)
    assert Event.objects.of_kinds("points").count() == 20
