import pytest
from django.utils import translation

from tests.loyalty.factories import make_staff
from tests.members.factories import make_member, make_registered_member
from tests.segments.factories import make_segment, members_of
from wagtail_crm.loyalty.actions import adjust_points, spend_points
from wagtail_crm.loyalty.rules import HasPoints
from wagtail_crm.members.models import Member
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.rules.base import Scope
from wagtail_crm.tracking.snapshots import snapshot_of

pytestmark = pytest.mark.django_db


def points_rule(comparison, points):
    return "points", {"comparison": comparison, "points": points}


@pytest.mark.parametrize(
    ("comparison", "points", "expected"),
    [
        ("at_least", 0, {"none", "spent", "ten", "hundred"}),
        ("at_least", 1, {"ten", "hundred"}),
        ("at_least", 10, {"ten", "hundred"}),
        ("at_least", 11, {"hundred"}),
        ("at_most", 0, {"none", "spent"}),
        ("at_most", 10, {"none", "spent", "ten"}),
    ],
)
def test_rule_as_a_set_and_for_one(comparison, points, expected):
    staff = make_staff()
    members = {name: make_member() for name in ("none", "spent", "ten", "hundred")}
    for name, amount in (("spent", 5), ("ten", 10), ("hundred", 100)):
        adjust_points(member=members[name], points=amount, reason="Gift", staff=staff)
    spend_points(member=members["spent"], points=5, key="1", label="Cup")
    rule = make_segment(points_rule(comparison, points)).rule
    expected = {members[name].pk for name in expected}
    assert set(matching(rule).values_list("pk", flat=True)) == expected
    for member in Member.objects.all():
        scope = Scope(member_ids=(member.pk,))
        assert set(matching(rule, scope).values_list("pk", flat=True)) == expected & {member.pk}


def test_who_gets_points_is_in_the_segment_and_the_snapshot(django_capture_on_commit_callbacks):
    member = make_registered_member()
    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(points_rule("at_least", 100))
    assert snapshot_of(member.user_id).get("points") is None
    with django_capture_on_commit_callbacks(execute=True):
        adjust_points(member=member, points=100, reason="Gift", staff=make_staff())
    assert members_of(segment) == {member.pk}
    snapshot = snapshot_of(member.user_id)
    assert (snapshot["points"], snapshot["segments"]) == (100, [segment.pk])


def test_sentences():
    with translation.override("en"):
        assert HasPoints("at_least", 1200).sentence() == "who have at least 1,200 points"
        assert HasPoints("at_most", 0).sentence() == "who have at most 0 points"


@pytest.mark.parametrize(("least", "most", "excluded"), [(11, 10, True), (10, 10, False)])
def test_rules_that_exclude_each_other(least, most, excluded):
    assert HasPoints("at_least", least).excludes(HasPoints("at_most", most)) is excluded
    assert HasPoints("at_most", most).excludes(HasPoints("at_least", least)) is excluded
