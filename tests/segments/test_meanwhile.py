"""What fails, and what is published, while members are asked about."""

from contextlib import contextmanager

import pytest
from wagtail import hooks

from tests.members.factories import make_attribute, make_member
from tests.segments.factories import (
    attribute,
    behaviour,
    group,
    in_segment,
    make_segment,
    members_of,
    purchase,
    record,
    stream,
)
from tests.segments.test_actions import let_days_pass
from wagtail_crm.members.models import AttributeDefinition
from wagtail_crm.segments import actions, signals
from wagtail_crm.segments.compiled import live_segments
from wagtail_crm.segments.models import Segment
from wagtail_crm.tracking.products import Catalogue, Category, Product, catalogues, forget_products

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing", "in_english")]


def test_who_follows_is_asked_although_another_segment_cannot_be(monkeypatch):
    def fail(self, person):
        raise RuntimeError("the table of this room is away")

    make_segment(("status", {"status": "prospect"}), name="odd")
    first = make_segment(behaviour("login"))
    second = make_segment(in_segment(first))
    third = make_segment(in_segment(second, "not_in"))
    monkeypatch.setattr("wagtail_crm.segments.rules.people.HasStatus.holds", fail)
    member = make_member()
    record(member, "login")
    assert [members_of(each) for each in (first, second, third)] == [
        {member.pk},
        {member.pk},
        set(),
    ]


def test_a_segment_that_cannot_be_counted_stops_neither_the_others_nor_the_clock(monkeypatch):
    def fail(self, scope):
        raise RuntimeError("the table of this room is away")

    odd = make_segment(("status", {"status": "prospect"}), name="odd")
    timed = make_segment(behaviour("login", days=7))
    waiting = make_segment(behaviour("purchase"))
    member, buyer = make_member(), make_member()
    record(member, "login")
    record(buyer, "purchase")
    waiting.memberships.all().delete()
    actions.mark_changed(segments=Segment.objects.filter(pk__in=[odd.pk, waiting.pk]))
    let_days_pass(7)

    monkeypatch.setattr("wagtail_crm.segments.rules.people.HasStatus.condition", fail)
    assert actions.refresh_waiting() == 2
    actions.refresh_timed_segments()
    assert members_of(waiting) == {buyer.pk}
    assert members_of(timed) == set()


class TestThereAgain:
    """What a rule names was gone for a while."""

    def test_an_attribute(self):
        segment = make_segment(attribute(make_attribute("plan"), "is_not", "free"))
        member = make_member(attributes={"plan": "paid"})
        assert members_of(segment) == {member.pk}
        AttributeDefinition.objects.all().delete()
        assert members_of(segment) == set()
        make_attribute("plan")
        assert members_of(segment) == {member.pk}

    def test_until_then_nobody_follows_another_segment_into_it(self):
        first = make_segment(behaviour("login"))
        missing = group("none", attribute(make_attribute("plan"), "is", "free"))
        others = make_segment(in_segment(first), behaviour("login"))
        nobody = make_segment(in_segment(first), missing)
        AttributeDefinition.objects.all().delete()
        member = make_member()
        record(member, "login")
        assert members_of(first) == members_of(others) == {member.pk}
        assert members_of(nobody) == set()

    def test_whatever_it_is_within_a_week(self):
        kind, value = purchase()
        rule = kind, value | {"what": "category", "category": "bread", "comparison": "never"}
        segment, member = make_segment(rule), make_member()
        breads = [Product("P1", "Rye", (Category("bread", "Bread"),))]
        with hooks.register_temporarily(
            "register_crm_products", lambda: [Catalogue("tests", lambda: breads)]
        ):
            catalogues.clear()
            forget_products()
            let_days_pass(8)
            actions.refresh_timed_segments()
            assert members_of(segment) == {member.pk}
        catalogues.clear()
        forget_products()


class TestOtherRulesMeanwhile:
    """Rules are published while members are asked about the ones that were read before."""

    def publish(self, segment, *rules):
        segment.rules = stream(*rules)
        segment.save_revision().publish()

    def test_nobody_moves_by_the_old_ones(self, moves):
        segment = make_segment(behaviour("login"))
        follower = make_segment(in_segment(segment))
        old = live_segments()
        self.publish(segment, behaviour("purchase"))
        member = make_member()
        record(member, "login")

        actions.refresh_asked(old, {segment.pk: {member.pk}})
        assert (members_of(segment), members_of(follower), moves) == (set(), set(), [])
        record(member, "purchase")
        assert members_of(segment) == members_of(follower) == {member.pk}

    def test_the_new_ones_are_still_to_be_counted(self):
        member = make_member()
        record(member, "login")
        segment = make_segment(behaviour("login"))
        segment.memberships.all().delete()

        def publish_others(segment_id, **kwargs):
            actions.mark_changed(segments=Segment.objects.filter(pk=segment_id))

        with connected(signals.segment_entered, publish_others):
            actions.refresh_segment(segment=segment)
        assert list(Segment.objects.waiting()) == [segment]


@contextmanager
def connected(signal, function):
    signal.connect(function)
    yield
    signal.disconnect(function)
