"""Segments that would name each other in a circle, by whatever way the circle comes about."""

import pytest
from django.urls import reverse

from tests.members.factories import make_member
from tests.segments.factories import (
    behaviour,
    group,
    in_segment,
    make_segment,
    members_of,
    record,
    stream,
)
from tests.segments.posting import ENGLISH, posted
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.static import add_members, create_static_segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


@pytest.fixture
def publish(chief, client):
    """Publish a segment with these rules as an editor does; what the form says against it."""

    def post(segment, *rules, **extra):
        data = posted(*rules, name=segment.name, **{"action-publish": "1"}, **extra)
        response = client.post(reverse("crm_segment:edit", args=[segment.pk]), data, **ENGLISH)
        return [] if response.status_code == 302 else response.context["form"].errors["rules"]

    return post


def refusal(*names):
    circle = " → ".join(f"“{name}”" for name in names)
    return [f"A segment cannot depend on itself: {circle}. Remove one of these rules."]


def test_a_chain_that_was_live_for_long_is_followed_to_its_end(publish):
    first = make_segment(behaviour("login"), name="A")
    second = make_segment(in_segment(first), name="B")
    third = make_segment(in_segment(second, "not_in"), name="C")
    member = make_member()
    record(member, "login")

    assert publish(first, in_segment(third)) == refusal("A", "C", "B", "A")
    assert publish(second, in_segment(third)) == refusal("B", "C", "B")
    assert [members_of(each) for each in (first, second)] == [{member.pk}] * 2
    assert Segment.objects.get(pk=first.pk).rule == first.rule


def test_rules_deep_in_groups_are_seen(publish):
    first = make_segment(behaviour("login"), name="A")
    second = make_segment(group("any", group("none", in_segment(first))), name="B")

    deep = group("all", behaviour("login"), group("none", in_segment(second)))
    assert publish(first, deep) == refusal("A", "B", "A")


def test_who_is_named_by_a_draft_of_its_own_may_not_name_it_when_it_is_published(publish):
    """The draft that names B is older than B's naming of A."""
    first = make_segment(behaviour("login"), name="A")
    second = make_segment(behaviour("login"), name="B")
    first.rules = stream(in_segment(second))
    first.save_revision()

    assert publish(second, in_segment(first)) == []
    assert publish(first, in_segment(second)) == refusal("A", "B", "A")


def test_an_older_version_that_would_close_a_circle_is_refused(publish, client):
    first = make_segment(behaviour("login"), name="A")
    second = make_segment(in_segment(first), name="B")
    older = second.latest_revision
    assert publish(second, behaviour("login")) == []
    assert publish(first, in_segment(second)) == []

    address = reverse("crm_segment:revisions_revert", args=[second.pk, older.pk])
    form = client.get(address, **ENGLISH).context["form"]
    assert form.instance.rules[0].value["segment"] == first
    assert publish(second, in_segment(first), revision=older.pk) == refusal("B", "A", "B")


def test_a_version_published_by_the_clock_empties_the_circle_until_it_is_opened(publish, client):
    """Nobody is asked then; and nobody else is harmed."""
    first = make_segment(behaviour("login"), name="A")
    second = make_segment(behaviour("login"), name="B")
    third = make_segment(in_segment(second, "not_in"), name="C")
    first.rules = stream(in_segment(second))
    scheduled = first.save_revision()
    assert publish(second, in_segment(first)) == []
    member = make_member()
    record(member, "login")
    assert [members_of(each) for each in (first, second)] == [{member.pk}] * 2

    scheduled.publish()
    assert [members_of(each) for each in (first, second)] == [set(), set()]
    assert members_of(third) == {member.pk}
    for screen in (reverse("crm_segment:list"), reverse("crm_segment:inspect", args=[first.pk])):
        html = client.get(screen, **ENGLISH).content.decode()
        assert "A segment cannot depend on itself: “A” → “B” → “A”." in html

    assert publish(first, behaviour("login")) == []
    assert [members_of(each) for each in (first, second)] == [{member.pk}] * 2
    assert members_of(third) == set()


def test_a_frozen_copy_ends_the_chain(publish):
    first = make_segment(behaviour("login"), name="A")
    second = make_segment(in_segment(first), name="B")
    member = make_member()
    record(member, "login")
    frozen = create_static_segment(name="B of today")
    add_members(segment=frozen, member_ids=members_of(second))

    assert publish(first, in_segment(frozen)) == []
    assert [members_of(each) for each in (first, second, frozen)] == [{member.pk}] * 3
