import pytest
from django.utils import translation
from wagtail.blocks import StructBlockValidationError

from tests.loyalty.factories import earn, make_ranks, make_staff
from tests.members.factories import make_member, make_registered_member
from tests.segments.factories import make_segment, members_of
from wagtail_crm.loyalty.actions import adjust_points, spend_points
from wagtail_crm.loyalty.models import Rank
from wagtail_crm.loyalty.rank_rules import HasRank, RankRuleBlock
from wagtail_crm.loyalty.rules import HasPoints
from wagtail_crm.loyalty.tasks import begin_recount
from wagtail_crm.members.models import Member
from wagtail_crm.members.placeholders import available_placeholders, prefetched
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.explanation import explain
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.people import load_people
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


RANKED = {"none": 10, "bronze": 100, "gold": 1000}


@pytest.mark.parametrize(
    ("comparison", "rank", "expected"),
    [
        ("is", "Bronze", {"bronze"}),
        ("is_not", "Bronze", {"nobody", "none", "gold"}),
        ("at_least", "Bronze", {"bronze", "gold"}),
        ("at_least", "Gold", {"gold"}),
        ("below", "Gold", {"nobody", "none", "bronze"}),
        ("any", None, {"bronze", "gold"}),
        ("none", None, {"nobody", "none"}),
    ],
)
def test_rank_as_a_set_and_for_one(comparison, rank, expected):
    ranks = make_ranks(Bronze=100, Gold=1000)
    members = {name: make_member() for name in ("nobody", *RANKED)}
    for name, points in RANKED.items():
        earn(members[name], points)
    rule = make_segment(rank_rule(comparison, ranks.get(rank))).rule
    expected = {members[name].pk for name in expected}
    assert set(matching(rule).values_list("pk", flat=True)) == expected
    people = load_people([member.pk for member in members.values()], rule.reads())
    assert {pk for pk, person in people.items() if rule.holds(person)} == expected
    for member in members.values():
        scope = Scope(member_ids=(member.pk,))
        assert set(matching(rule, scope).values_list("pk", flat=True)) == expected & {member.pk}


def rank_rule(comparison, rank):
    return "rank", {"comparison": comparison, "rank": rank and rank.pk}


def test_who_rises_and_falls_follows_in_segments_and_snapshot(django_capture_on_commit_callbacks):
    gold, member, staff = make_ranks(Gold=100)["Gold"], make_registered_member(), make_staff()
    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(rank_rule("at_least", gold))
    snapshot_of(member.user_id)
    with django_capture_on_commit_callbacks(execute=True):
        adjust_points(member=member, points=100, reason="Gift", staff=staff)
    snapshot = snapshot_of(member.user_id)
    assert (snapshot["rank"], snapshot["segments"]) == (
        {"id": gold.pk, "name": "Gold"},
        [segment.pk],
    )
    with django_capture_on_commit_callbacks(execute=True):
        adjust_points(member=member, points=-1, reason="Mistake", staff=staff)
    snapshot = snapshot_of(member.user_id)
    assert (snapshot.get("rank"), snapshot["segments"]) == (None, [])


def test_who_is_looked_at_follows_in_segments_and_snapshot(django_capture_on_commit_callbacks):
    gold, member = make_ranks(Gold=100)["Gold"], make_registered_member()
    earn(member, 60)
    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(rank_rule("any", None))
    assert (members_of(segment), snapshot_of(member.user_id).get("rank")) == (set(), None)
    gold.points = 50
    gold.save()
    with django_capture_on_commit_callbacks(execute=True):
        begin_recount()
    assert members_of(segment) == {member.pk}
    assert snapshot_of(member.user_id)["rank"] == {"id": gold.pk, "name": "Gold"}


def test_a_segment_follows_when_its_rank_needs_other_points(django_capture_on_commit_callbacks):
    gold, member = make_ranks(Silver=50, Gold=100)["Gold"], make_member()
    earn(member, 60)
    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(rank_rule("below", gold))
    assert members_of(segment) == {member.pk}
    gold.points = 40
    with django_capture_on_commit_callbacks(execute=True):
        gold.save()
    with django_capture_on_commit_callbacks(execute=True):
        begin_recount()
    assert members_of(segment) == set()
    segment.refresh_from_db()
    assert segment.rule.rules[0].points == 40


def test_a_rank_that_is_gone_lets_nobody_in():
    gold, member = make_ranks(Gold=100)["Gold"], make_member()
    earn(member, 100)
    segment = make_segment(rank_rule("is_not", gold))
    Rank.objects.all().delete()
    segment = Segment.objects.get(pk=segment.pk)
    assert segment.rule.problems() != []
    assert not matching(segment.rule).exists()


def test_why_names_the_events_of_ranks():
    gold, member = make_ranks(Gold=100)["Gold"], make_member()
    earn(member, 100)
    (finding,) = explain(make_segment(rank_rule("is", gold)).rule, member).parts
    assert (finding.holds, [event.kind for event in finding.evidence]) == (True, ["rank_change"])


@pytest.mark.parametrize(
    ("comparison", "english", "japanese"),
    [
        ("is", "whose rank is “Gold”", "会員ランクが「Gold」の"),
        ("is_not", "whose rank is not “Gold”", "会員ランクが「Gold」ではない"),
        ("at_least", "whose rank is “Gold” or higher", "会員ランクが「Gold」以上の"),
        (
            "below",
            "whose rank is below “Gold”, or who have none",
            "会員ランクが「Gold」未満またはなしの",
        ),
        ("any", "who have a rank", "会員ランクを持っている"),
        ("none", "who have no rank", "会員ランクを持っていない"),
    ],
)
def test_sentences_about_ranks(comparison, english, japanese):
    rule = HasRank(comparison, 1, 100, "Gold")
    for language, sentence in (("en", english), ("ja", japanese)):
        with translation.override(language):
            assert rule.sentence() == sentence


@pytest.mark.parametrize(
    ("one", "other", "excluded"),
    [
        (("is", 1, 100), ("is", 2, 200), True),
        (("is", 1, 100), ("is_not", 1, 100), True),
        (("is", 1, 100), ("is_not", 2, 200), False),
        (("at_least", 2, 200), ("below", 2, 200), True),
        (("at_least", 2, 200), ("is", 1, 100), True),
        (("below", 2, 200), ("is", 1, 100), False),
        (("below", 1, 100), ("any",), False),
        (("none",), ("any",), True),
        (("none",), ("below", 1, 100), False),
    ],
)
def test_ranks_that_exclude_each_other(one, other, excluded):
    assert HasRank(*one).excludes(HasRank(*other)) is excluded
    assert HasRank(*other).excludes(HasRank(*one)) is excluded


def test_a_rule_that_names_a_rank_needs_one():
    block = RankRuleBlock()
    with pytest.raises(StructBlockValidationError) as refusal:
        block.clean(block.to_python({"comparison": "is", "rank": None}))
    assert list(refusal.value.block_errors) == ["rank"]
    gold = make_ranks(Gold=100)["Gold"]
    cleaned = block.clean(block.to_python({"comparison": "none", "rank": gold.pk}))
    assert cleaned["rank"] is None
    picker = block.child_blocks["rank"]
    assert [rank.name for rank in picker.rows()] == ["Gold"]
    Rank.objects.update(is_ending=True)
    assert picker.rows() == []


def test_the_merge_field_is_the_name_of_the_rank():
    make_ranks(Gold=100)
    member, other = make_member(), make_member()
    earn(member, 100)
    rank = available_placeholders()["rank"]
    members = prefetched(Member.objects.order_by("pk"), [rank])
    assert [rank.value(each) for each in members] == ["Gold", ""]
    assert [rank.value(each) for each in (member, other)] == ["Gold", ""]
