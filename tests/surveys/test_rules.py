import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.members.factories import make_member, make_registered_member
from tests.segments.factories import make_segment, members_of
from tests.surveys.factories import BAKE, BREAD, CAKES, LIKE, NOTHING, WHY, answer, make_survey
from wagtail_crm.members.models import Member
from wagtail_crm.segments.compiled import rules_of
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.rules.base import Broken, Scope
from wagtail_crm.surveys.rule_blocks import answer_choices, question_choices
from wagtail_crm.tracking.snapshots import snapshot_of

pytestmark = pytest.mark.django_db


def survey_rule(page, question="", *answers, comparison="did"):
    asked = f"{page.pk}:{question}"
    return "survey", {
        "question": asked,
        "comparison": comparison,
        "answers": [f"{asked}:{value}" for value in answers],
    }


@pytest.fixture
def people():
    """Who answered bread, who answered cakes and gave a reason, and who answered nothing."""
    page = make_survey()
    bread, cakes, silent = make_member(), make_member(), make_member()
    answer(page, bread, bake=[BREAD])
    answer(page, cakes, bake=[CAKES, NOTHING], why="Because.")
    other = make_survey("Other")
    answer(other, silent, bake=[BREAD])
    return page, {"bread": bread, "cakes": cakes, "silent": silent}


CASES = [
    (("",), "did", {"bread", "cakes"}),
    (("",), "did_not", {"silent"}),
    ((BAKE, BREAD), "did", {"bread"}),
    ((BAKE, BREAD, CAKES), "did", {"bread", "cakes"}),
    ((BAKE, CAKES), "did_not", {"bread", "silent"}),
    ((WHY,), "did", {"cakes"}),
    ((WHY,), "did_not", {"bread", "silent"}),
    ((LIKE, "5"), "did", set()),
]


@pytest.mark.parametrize(("chosen", "comparison", "expected"), CASES)
def test_rule_as_a_set_for_one_and_incrementally(people, chosen, comparison, expected):
    page, members = people
    rule = make_segment(survey_rule(page, *chosen, comparison=comparison)).rule
    expected = {members[name].pk for name in expected}
    assert set(matching(rule).values_list("pk", flat=True)) == expected
    for member in Member.objects.all():
        scope = Scope(member_ids=(member.pk,))
        assert set(matching(rule, scope).values_list("pk", flat=True)) == expected & {member.pk}


def test_who_answers_is_in_the_segment_at_once(django_capture_on_commit_callbacks):
    page, member = make_survey(), make_registered_member()
    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(survey_rule(page, BAKE, BREAD))
    assert members_of(segment) == set()
    with django_capture_on_commit_callbacks(execute=True):
        answer(page, member, bake=[BREAD])
    assert members_of(segment) == {member.pk}
    assert snapshot_of(member.user_id)["segments"] == [segment.pk]


def test_who_changes_the_answer_leaves_the_segment(django_capture_on_commit_callbacks):
    page, member = make_survey(answers_can_change=True), make_member()
    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(survey_rule(page, BAKE, BREAD))
    for choice, expected in ((BREAD, {member.pk}), (CAKES, set())):
        with django_capture_on_commit_callbacks(execute=True):
            answer(page, member, bake=[choice])
        assert members_of(segment) == expected


@pytest.mark.parametrize(
    ("chosen", "comparison", "sentence"),
    [
        (("",), "did", "who answered “Your kitchen”"),
        (("",), "did_not", "who did not answer “Your kitchen”"),
        ((WHY,), "did", "who answered “Why?” (Your kitchen)"),
        (
            (BAKE, BREAD, CAKES),
            "did",
            "who answered “What do you bake?” with “Bread” or “Cakes”",
        ),
    ],
)
def test_sentence(chosen, comparison, sentence):
    rule = make_segment(survey_rule(make_survey(), *chosen, comparison=comparison)).rule
    with translation.override("en"):
        assert rule.sentence() == sentence


def test_a_rule_whose_survey_is_gone_matches_nobody(django_capture_on_commit_callbacks):
    page, member = make_survey(), make_member()
    answer(page, member)
    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(survey_rule(page, comparison="did"))
    assert members_of(segment) == {member.pk}
    with django_capture_on_commit_callbacks(execute=True):
        page.delete()
    assert members_of(segment) == set()
    assert isinstance(Segment.objects.get().rule.rules[0], Broken)


def test_a_rule_follows_a_question_that_is_no_longer_asked(django_capture_on_commit_callbacks):
    page, member = make_survey(), make_member()
    answer(page, member)
    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(survey_rule(page, BAKE, BREAD))
    page.questions = "[]"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    assert members_of(segment) == set()


def test_answers_of_another_question_are_ignored():
    page = make_survey()
    kind, value = survey_rule(page, BAKE, BREAD)
    value["answers"].append(f"{page.pk}:{LIKE}:5")
    rule = make_segment((kind, value)).rule.rules[0]
    assert [each.key for each in rule.answers] == [BREAD]


def test_an_editor_chooses_among_all_questions_and_answers():
    page = make_survey()
    with translation.override("en"):
        assert question_choices() == [
            (
                "Your kitchen",
                [
                    (f"{page.pk}:", "Anything in “Your kitchen”"),
                    (f"{page.pk}:{BAKE}", "What do you bake?"),
                    (f"{page.pk}:{LIKE}", "Do you like us?"),
                    (f"{page.pk}:{WHY}", "Why?"),
                ],
            )
        ]
    assert answer_choices()[0] == (
        "Your kitchen › What do you bake?",
        [
            (f"{page.pk}:{BAKE}:{BREAD}", "Bread"),
            (f"{page.pk}:{BAKE}:{CAKES}", "Cakes"),
            (f"{page.pk}:{BAKE}:{NOTHING}", "Nothing"),
        ],
    )


def test_reading_many_rules_costs_no_more_queries_than_one():
    pages = [make_survey(f"Survey {number}") for number in range(3)]
    for page in pages:
        make_segment(survey_rule(page, BAKE, BREAD))
    segments = list(Segment.objects.all())
    counts = []
    for some in (segments[:1], segments):
        with CaptureQueriesContext(connection) as captured:
            rules_of(some)
        counts.append(len(captured))
    assert counts[0] == counts[1]
