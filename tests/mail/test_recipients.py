import pytest

from tests.mail.factories import make_campaign, make_reader, make_segment
from tests.members.factories import make_member
from wagtail_crm.mail.models import Suppression
from wagtail_crm.mail.recipients import Bridge, Target, bridge, recipients
from wagtail_crm.members.actions import withdraw_member

pytestmark = pytest.mark.django_db


def suppress(member):
    Suppression.objects.create(email_key=member.email_key, reason="bounce")


def test_the_bridge_subtracts_nobody_twice(django_assert_num_queries):
    make_reader()
    make_member(email="")
    suppress(make_member())
    suppress(make_reader())
    make_reader(email="")
    withdraw_member(member=make_reader())

    with django_assert_num_queries(1):
        found = bridge(Target(everybody=True))

    assert found == Bridge(people=5, no_consent=2, suppressed=1, no_address=1, recipients=1)


def test_segments_are_joined_and_exclusion_wins():
    one, both, out = make_reader(), make_reader(), make_reader()
    first, second = make_segment(one, both), make_segment(both, out)
    unwanted = make_segment(out)

    target = Target(included=frozenset({first.pk, second.pk}), excluded=frozenset({unwanted.pk}))

    assert set(recipients(target)) == {one, both}
    assert bridge(target).people == 2


def test_everybody_but_a_segment():
    stays, out = make_reader(), make_reader()
    unwanted = make_segment(out)

    assert set(recipients(Target(everybody=True, excluded=frozenset({unwanted.pk})))) == {stays}


def test_no_segment_is_nobody():
    make_reader()

    assert not recipients(Target()).exists()
    assert bridge(Target()) == Bridge()


def test_a_segment_that_is_not_live_reaches_nobody():
    segment = make_segment(make_reader())
    segment.live = False
    segment.save()

    assert bridge(Target(included=frozenset({segment.pk}))).people == 0


def test_the_target_of_a_campaign():
    included, excluded = make_segment(), make_segment()
    campaign = make_campaign(everybody=False, included=[included], excluded=[excluded])

    assert Target.of(campaign) == Target(False, frozenset({included.pk}), frozenset({excluded.pk}))
