"""Static segments: who is in them, who hears of it, and that nothing else touches them."""

import datetime

import pytest
from django.utils import timezone
from wagtail.log_actions import registry as log_registry

from tests.members.factories import make_member, make_user
from tests.segments.factories import in_segment, make_segment, members_of
from wagtail_crm.members import actions as members
from wagtail_crm.segments import actions, static
from wagtail_crm.segments.membership import build_segment_ids
from wagtail_crm.segments.models import Membership, PastMembership, Segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing", "in_english")]


@pytest.fixture
def guests(db):
    return static.create_static_segment(name="Guests")


def size(segment):
    return Segment.objects.get(pk=segment.pk).size


def test_members_come_and_go_and_everybody_hears_of_it(guests, moves):
    aki, ben = make_member(), make_member()

    assert static.add_members(segment=guests, member_ids=[aki.pk, ben.pk]) == 2
    assert static.add_members(segment=guests, member_ids=[ben.pk]) == 0
    assert (members_of(guests), size(guests)) == ({aki.pk, ben.pk}, 2)
    assert build_segment_ids([aki.pk]) == {aki.pk: [guests.pk]}

    assert static.remove_members(segment=guests, member_ids=[aki.pk]) == 1
    assert static.remove_members(segment=guests, member_ids=[aki.pk]) == 0
    assert (members_of(guests), size(guests)) == ({ben.pk}, 1)

    assert moves == [
        ("entered", guests.pk, {aki.pk, ben.pk}),
        ("left", guests.pk, {aki.pk}),
    ]
    assert PastMembership.objects.get().member_id == aki.pk


def test_only_who_is_in_the_list_comes_in(guests):
    gone = members.withdraw_member(member=make_member())

    assert static.add_members(segment=guests, member_ids=[gone.pk, 987_654]) == 0
    assert (members_of(guests), size(guests)) == (set(), 0)


@pytest.mark.parametrize("erase", [False, True])
def test_who_leaves_the_list_leaves_it_too(guests, erase):
    aki, ben = make_member(), make_member()
    everybody = make_segment()
    static.add_members(segment=guests, member_ids=[aki.pk, ben.pk])

    members.withdraw_member(member=aki, erase=erase)

    assert (members_of(guests), size(guests)) == ({ben.pk}, 1)
    assert (members_of(everybody), size(everybody)) == ({ben.pk}, 1)


def test_segments_by_rules_follow_it(guests):
    aki, ben = make_member(), make_member()
    inside, outside = make_segment(in_segment(guests)), make_segment(in_segment(guests, "not_in"))

    static.add_members(segment=guests, member_ids=[aki.pk])

    assert (members_of(inside), members_of(outside)) == ({aki.pk}, {ben.pk})
    static.remove_members(segment=guests, member_ids=[aki.pk])
    assert (members_of(inside), members_of(outside)) == (set(), {aki.pk, ben.pk})


def test_counting_anew_leaves_it_alone(guests):
    aki = make_member()
    static.add_members(segment=guests, member_ids=[aki.pk])
    Segment.objects.update(refreshed_at=timezone.now() - datetime.timedelta(days=30))

    actions.refresh_segment(segment=Segment.objects.get())
    actions.refresh_waiting()
    actions.refresh_timed_segments()
    actions.mark_changed(segments=Segment.objects.all())
    actions.refresh_members(member_ids=[aki.pk], fields={"status", "tags", "attributes"})

    assert (members_of(guests), size(guests)) == ({aki.pk}, 1)


def test_what_nobody_heard_of_is_mended_in_time(guests):
    aki, ben = make_member(), make_member()
    static.add_members(segment=guests, member_ids=[aki.pk, ben.pk])
    type(aki).objects.filter(pk=aki.pk).update(status="withdrawn")
    Segment.objects.update(size=17)

    assert static.mend_static_segments() == 0
    Segment.objects.update(refreshed_at=timezone.now() - datetime.timedelta(days=8))
    assert static.mend_static_segments() == 1

    assert (members_of(guests), size(guests)) == ({ben.pk}, 1)


def test_two_of_one_name_cannot_be(guests):
    with pytest.raises(static.NameTaken):
        static.create_static_segment(name="Guests")
    other = static.create_static_segment(name="Others")
    with pytest.raises(static.NameTaken):
        static.rename_segment(segment=other, name="Guests")
    assert static.rename_segment(segment=other, name="Friends").name == "Friends"


def test_the_history_says_who_put_in_how_many(guests):
    colleague = make_user("colleague@example.jp")
    aki, ben = make_member(), make_member()

    static.add_members(segment=guests, member_ids=[aki.pk, ben.pk], by=colleague)
    static.remove_members(segment=guests, member_ids=[aki.pk], by=colleague)
    static.add_members(segment=guests, member_ids=[aki.pk])

    entries = log_registry.get_logs_for_instance(guests).filter(user=colleague)
    assert [entry.message for entry in entries.order_by("timestamp")] == [
        "Put in 2 members by hand",
        "Took out 1 member",
    ]


def test_deleting_it_takes_its_memberships(guests):
    static.add_members(segment=guests, member_ids=[make_member().pk])

    guests.delete()

    assert Membership.objects.count() == 0
