"""Membership follows what happens, for the members it happens to."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.members.factories import make_attribute, make_member, make_registered_member
from tests.segments.factories import (
    attribute,
    behaviour,
    group,
    in_segment,
    make_segment,
    members_of,
    record,
    stream,
)
from wagtail_crm.members import actions as members
from wagtail_crm.segments import actions
from wagtail_crm.segments.models import Membership, PastMembership, Segment
from wagtail_crm.tracking.models import DailyTotal
from wagtail_crm.tracking.snapshots import snapshot_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing", "in_english")]


def test_publishing_counts_and_tells(moves):
    buyer, _other = make_member(), make_member()
    record(buyer, "purchase")
    segment = make_segment(behaviour("purchase"))
    assert members_of(segment) == {buyer.pk}
    assert (segment.size, segment.refreshed_at is not None) == (1, True)
    assert moves == [("entered", segment.pk, {buyer.pk})]


def test_draft_has_no_members_and_changes_nothing_that_is_live():
    member = make_member()
    draft = make_segment(publish=False)
    assert (members_of(draft), draft.size) == (set(), 0)
    live = make_segment(behaviour("purchase"))
    live.rules = stream(behaviour("login"))
    live.save_revision()
    record(member, "login")
    assert members_of(live) == set()
    live.get_latest_revision().publish()
    assert members_of(live) == {member.pk}


def test_publishing_an_old_revision_keeps_the_numbers():
    make_member()
    segment = make_segment()
    revision = segment.latest_revision
    make_member()
    revision.publish()
    segment.refresh_from_db()
    assert segment.size == 2


def test_unpublishing_empties_and_publishing_fills_again(moves):
    member = make_member()
    segment = make_segment()
    segment.unpublish()
    segment.refresh_from_db()
    assert (members_of(segment), segment.size) == (set(), 0)
    segment.save_revision().publish()
    assert members_of(segment) == {member.pk}
    assert [kind for kind, *_rest in moves] == ["entered", "left", "entered"]


def test_event_brings_in_and_takes_out(moves):
    member = make_member()
    buyers = make_segment(behaviour("purchase", times=2))
    sleepers = make_segment(behaviour("purchase", comparison="at_most", times=1))
    moves.clear()
    record(member, "purchase")
    assert (members_of(buyers), members_of(sleepers)) == (set(), {member.pk})
    record(member, "purchase")
    assert (members_of(buyers), members_of(sleepers)) == ({member.pk}, set())
    assert moves == [
        ("entered", buyers.pk, {member.pk}),
        ("left", sleepers.pk, {member.pk}),
    ]


def test_next_request_sees_it():
    member = make_registered_member()
    segment = make_segment(behaviour("purchase"))
    assert snapshot_of(member.user_id)["segments"] == []
    record(member, "purchase")
    assert snapshot_of(member.user_id)["segments"] == [segment.pk]


def test_new_member_enters_segments_that_ask_for_nothing_they_did():
    everybody = make_segment()
    not_buyers = make_segment(behaviour("purchase"), match="none")
    member = make_member()
    assert members_of(everybody) == members_of(not_buyers) == {member.pk}


def test_member_who_leaves_leaves_every_segment():
    member = make_registered_member()
    record(member, "purchase")
    segments = [make_segment(), make_segment(behaviour("purchase"))]
    members.withdraw_member(member=member)
    assert [members_of(segment) for segment in segments] == [set(), set()]
    assert [Segment.objects.get(pk=segment.pk).size for segment in segments] == [0, 0]


def test_registration_that_brings_attributes_is_seen(prefecture):
    segment = make_segment(attribute(prefecture, "is", "Tokyo"))
    member = make_member()
    member.attributes = {"prefecture": "Tokyo"}
    member.save()
    members.announce_change(member_ids={member.pk}, fields={"attributes"})
    assert members_of(segment) == {member.pk}


def test_segment_of_segments_follows_in_order():
    first = make_segment(behaviour("purchase"))
    second = make_segment(in_segment(first), behaviour("login", comparison="at_most", times=0))
    third = make_segment(in_segment(second, "not_in"))
    member = make_member()
    record(member, "purchase")
    assert [members_of(each) for each in (first, second, third)] == [
        {member.pk},
        {member.pk},
        set(),
    ]
    record(member, "login")
    assert [members_of(each) for each in (second, third)] == [set(), {member.pk}]


def test_counting_anew_takes_dependent_segments_along():
    member = make_member()
    first = make_segment(behaviour("purchase", days=1))
    second = make_segment(in_segment(first))
    record(member, "purchase")
    let_days_pass(1)
    actions.refresh_segment(segment=first)
    assert (members_of(first), members_of(second)) == (set(), set())


def test_unaffected_segments_cost_nothing():
    member = make_member()
    for _number in range(5):
        make_segment(behaviour("login"))
    record(member, "search")
    with CaptureQueriesContext(connection) as queries:
        actions.refresh_members(member_ids={member.pk}, kinds={"search"})
    assert len(queries) == 1


def test_many_members_cost_as_many_queries_as_one():
    make_segment(behaviour("login"))
    everybody = [make_member() for _number in range(30)]
    counts = []
    for some in (everybody[:1], everybody):
        with CaptureQueriesContext(connection) as queries:
            actions.refresh_members(member_ids={each.pk for each in some}, kinds={"login"})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_size_stays_right_when_rows_were_lost():
    member = make_member()
    segment = make_segment()
    Membership.objects.filter(segment=segment).delete()
    Segment.objects.filter(pk=segment.pk).update(size=0)
    Membership.objects.create(segment=segment, member=member)
    members.withdraw_member(member=member)
    segment.refresh_from_db()
    assert segment.size == 0


class TestNamedThings:
    """What a rule names can change or go."""

    def test_deleted_page_empties_the_segment_and_says_so(self, tree):
        member = make_member()
        shop, bread = tree("Shop", "Bread")
        record(member, page=bread)
        segment = make_segment(behaviour(pages=[bread]))
        assert members_of(segment) == {member.pk}
        bread.delete()
        assert members_of(segment) == set()
        record(member, page=bread)
        assert members_of(segment) == set()
        assert Segment.objects.get(pk=segment.pk).rule.problems() == [
            "A page that this rule names no longer exists."
        ]

    def test_deleting_the_page_above_counts_as_well(self, tree):
        member = make_member()
        shop, bread = tree("Shop", "Bread")
        record(member, page=bread)
        segment = make_segment(behaviour(pages=[bread]))
        shop.delete()
        assert members_of(segment) == set()

    def test_moved_page_keeps_its_history(self, tree):
        member = make_member()
        shop, bread = tree("Shop", "Bread")
        (other,) = tree("Other")
        record(member, page=bread)
        segment = make_segment(behaviour(pages=[other]))
        assert members_of(segment) == set()
        bread.refresh_from_db()
        bread.move(other, pos="last-child")
        actions.refresh_segment(segment=segment)
        assert members_of(segment) == {member.pk}

    def test_deleted_attribute_empties_even_a_negated_rule(self, prefecture):
        make_member()
        segment = make_segment(group("none", attribute(prefecture, "is", "Tokyo")))
        assert segment.size == 1
        prefecture.delete()
        assert members_of(segment) == set()

    def test_attribute_that_becomes_a_number_is_compared_as_one(self):
        age = make_attribute("age", type="text")
        member = make_member(attributes={"age": 5})
        segment = make_segment(attribute(age, "is", "5"))
        assert members_of(segment) == set()
        age.type = "number"
        age.save()
        assert members_of(segment) == {member.pk}

    def test_unpublished_segment_empties_those_that_name_it(self):
        make_member()
        first = make_segment(name="Fans")
        second = make_segment(in_segment(first, "not_in"))
        first.unpublish()
        assert members_of(second) == set()
        assert Segment.objects.get(pk=second.pk).rule.problems() == [
            "The segment “Fans” is not published, so it has no members."
        ]
        first.save_revision().publish()
        assert Segment.objects.get(pk=second.pk).rule.problems() == []

    def test_deleted_segment_empties_those_that_name_it(self):
        member = make_member()
        first = make_segment(behaviour("purchase"))
        second = make_segment(in_segment(first, "not_in"))
        assert members_of(second) == {member.pk}
        first.delete()
        assert members_of(second) == set()


def test_segments_in_a_circle_stay_empty_and_harm_nobody(caplog):
    member = make_member()
    first = make_segment(name="First")
    second = make_segment(in_segment(first), name="Second")
    innocent = make_segment(behaviour("login"))
    first.rules = stream(in_segment(second))
    first.save_revision().publish()
    record(member, "login")
    assert [members_of(each) for each in (first, second, innocent)] == [set(), set(), {member.pk}]
    assert "name each other in a circle" in caplog.text


def let_days_pass(days):
    """Everything that happened lies so many days further back."""
    for total in DailyTotal.objects.order_by("day"):
        total.day -= datetime.timedelta(days=days)
        total.save()
    for segment in Segment.objects.exclude(refreshed_at=None):
        segment.refreshed_at -= datetime.timedelta(days=days)
        segment.clock_at -= datetime.timedelta(days=days)
        segment.save()


class TestTime:
    def test_window_that_has_passed_takes_members_out(self):
        member = make_member()
        segment = make_segment(behaviour("login", days=7))
        record(member, "login")
        for days, expected in ((6, {member.pk}), (1, set())):
            let_days_pass(days)
            actions.refresh_timed_segments()
            assert members_of(segment) == expected

    def test_asks_each_day_only_about_those_whom_the_day_changes(self):
        early, late = make_member(), make_member()
        record(early, "login", days_ago=6)
        record(late, "login", days_ago=5)
        make_segment(behaviour("login"))
        timed = make_segment(behaviour("login", days=7))
        assert actions.refresh_timed_segments() == 0
        let_days_pass(1)
        assert actions.refresh_timed_segments() == 1
        assert members_of(timed) == {late.pk}
        assert actions.refresh_timed_segments() == 0

    def test_days_that_nobody_looked_are_made_up_for(self):
        members = [make_member() for _number in range(5)]
        for number, member in enumerate(members):
            record(member, "login", days_ago=number)
        timed = make_segment(behaviour("login", days=5))
        let_days_pass(3)
        actions.refresh_timed_segments()
        assert members_of(timed) == {member.pk for member in members[:2]}

    def test_everything_is_mended_now_and_then(self):
        make_segment(behaviour("login"))
        let_days_pass(6)
        assert actions.refresh_timed_segments() == 0
        let_days_pass(2)
        assert actions.refresh_timed_segments() == 1

    def test_day_is_the_sites_whatever_zone_the_request_has(self):
        member = make_member()
        segment = make_segment(behaviour("login", days=1))
        record(member, "login")
        with timezone.override("Pacific/Kiritimati"):
            actions.refresh_segment(segment=segment)
        assert members_of(segment) == {member.pk}

    def test_segment_that_nobody_counted_is_swept_up(self):
        member = make_member()
        segment = make_segment(behaviour("login"))
        Segment.objects.filter(pk=segment.pk).update(refreshed_at=None)
        Membership.objects.create(segment=segment, member=member)
        assert actions.refresh_waiting() == 1
        assert members_of(segment) == set()


def test_rule_that_cannot_be_asked_leaves_the_other_segments_right(monkeypatch, caplog):
    def fail(self, person):
        raise RuntimeError("the table of this room is away")

    tagged = make_segment(("status", {"status": "prospect"}), name="odd")
    good = make_segment(behaviour("login"))
    monkeypatch.setattr("wagtail_crm.segments.rules.people.HasStatus.holds", fail)
    member = make_member()
    record(member, "login")
    assert members_of(good) == {member.pk}
    assert members_of(tagged) == set()
    assert f"Segment {tagged.pk} was left as it is." in caplog.text


class TestHistory:
    """Who was in a segment, from when until when."""

    def test_leaving_is_remembered_with_its_beginning(self):
        member = make_member()
        sleepers = make_segment(behaviour("login", comparison="at_most", times=0))
        entered_at = Membership.objects.get().entered_at
        record(member, "login")
        past = PastMembership.objects.get()
        assert (past.segment, past.member, past.entered_at) == (sleepers, member, entered_at)
        assert timezone.now() - past.left_at < datetime.timedelta(minutes=1)

    def test_counting_anew_remembers_as_well(self):
        member = make_member()
        segment = make_segment(behaviour("login", days=7))
        record(member, "login")
        entered_at = Membership.objects.get().entered_at
        DailyTotal.objects.all().delete()
        actions.refresh_segment(segment=segment)
        past = PastMembership.objects.values_list("segment", "member", "entered_at")
        assert list(past) == [(segment.pk, member.pk, entered_at)]

    def test_old_history_is_dropped(self, settings):
        settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"EVENT_RETENTION_DAYS": 30}
        member, segment = make_member(), make_segment(publish=False)
        now = timezone.now()
        for days in (29, 31):
            left_at = now - datetime.timedelta(days=days)
            PastMembership.objects.create(
                segment=segment, member=member, entered_at=left_at, left_at=left_at
            )
        assert actions.forget_past_memberships() == 1
        assert PastMembership.objects.get().left_at > now - datetime.timedelta(days=30)
