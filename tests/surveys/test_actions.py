import datetime
import threading
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone, translation

from tests.members.factories import make_member
from tests.surveys.factories import (
    BAKE,
    BREAD,
    CAKES,
    FRESH,
    LIKE,
    WHY,
    answer,
    make_survey,
    question,
)
from wagtail_crm.members.actions import withdraw_member
from wagtail_crm.members.personal_data import export_member
from wagtail_crm.members.signals import member_changed
from wagtail_crm.surveys.actions import AlreadyAnswered, SurveyClosed, answer_survey
from wagtail_crm.surveys.models import SurveyAnswer, SurveyResponse
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db


def rows(response):
    return sorted(response.answers.values_list("question", "value", "text"))


def test_an_answer_is_kept_by_question_and_choice():
    response = answer(make_survey(), make_member(), bake=[BREAD, CAKES], like="4", why="Because.")
    assert rows(response) == [
        (BAKE, BREAD, ""),
        (BAKE, CAKES, ""),
        (LIKE, "4", ""),
        (WHY, "", "Because."),
    ]


def test_questions_without_an_answer_leave_no_row():
    response = answer(make_survey(), make_member(), bake=[], like="", why="")
    assert rows(response) == []


def test_numbers_and_dates_are_kept_so_that_they_compare():
    page = make_survey(questions=[question("number", LIKE, "N"), question("date", WHY, "D")])
    answers = {LIKE: Decimal("12.50"), WHY: datetime.date(2026, 4, 3)}
    response = answer_survey(page=page, member=make_member(), answers=answers)
    assert rows(response) == [(LIKE, "", "12.5"), (WHY, "", "2026-04-03")]


def test_an_answer_is_in_the_log_in_words():
    page, member = make_survey(), make_member()
    with translation.override("en"):
        answer(page, member, bake=[CAKES, BREAD], why="x" * 100)
    event = Event.objects.get(kind="survey_answer")
    assert (event.member_id, event.page_id, event.subject) == (
        member.pk,
        page.pk,
        f"survey:{page.pk}",
    )
    assert event.data == {"answers": {"What do you bake?": "Bread, Cakes", "Why?": "x" * 79 + "…"}}


def test_an_answer_is_announced(django_capture_on_commit_callbacks):
    heard = []
    hear = lambda member_ids, fields, **rest: heard.append((member_ids, fields))  # noqa: E731
    page, member = make_survey(), make_member()
    member_changed.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        answer(page, member)
    member_changed.disconnect(hear)
    assert heard == [({member.pk}, {f"survey.{page.pk}"})]


def test_a_member_answers_once():
    page, member = make_survey(), make_member()
    answer(page, member, bake=[BREAD])
    with pytest.raises(AlreadyAnswered):
        answer(page, member, bake=[CAKES])
    assert rows(SurveyResponse.objects.get()) == [(BAKE, BREAD, "")]
    assert Event.objects.of_kinds("survey_answer").count() == 1


def test_answers_can_be_changed_where_the_survey_allows_it():
    page, member = make_survey(answers_can_change=True), make_member()
    first = answer(page, member, bake=[BREAD])
    second = answer(page, member, bake=[CAKES])
    assert (second.pk, rows(second)) == (first.pk, [(BAKE, CAKES, "")])
    assert second.submitted_at == first.submitted_at < second.changed_at
    assert Event.objects.of_kinds("survey_answer").count() == 1


def test_a_closed_survey_takes_no_answers():
    page = make_survey(closes_at=timezone.now() - datetime.timedelta(seconds=1))
    with pytest.raises(SurveyClosed):
        answer(page, make_member())


def test_answers_outlive_their_question_and_go_with_the_survey():
    page, member = make_survey(), make_member()
    answer(page, member)
    page.questions = "[]"
    page.save_revision().publish()
    assert SurveyAnswer.objects.count() == 1
    page.delete()
    assert SurveyResponse.objects.count() == SurveyAnswer.objects.count() == 0


def test_a_member_can_take_answers_along_and_have_them_erased():
    page, member = make_survey(), make_member()
    answer(page, member, why="Because.")
    exported = export_member(member)
    assert [row["text"] for row in exported["wagtail_crm_surveys.surveyanswer"]] == ["", "Because."]
    assert [row["page__title"] for row in exported["wagtail_crm_surveys.surveyresponse"]] == [
        "Your kitchen"
    ]
    withdraw_member(member=member, erase=True)
    assert SurveyAnswer.objects.count() == SurveyResponse.objects.count() == 0


def test_an_answer_with_an_unknown_key_is_not_kept():
    response = answer_survey(page=make_survey(), member=make_member(), answers={FRESH: "x"})
    assert rows(response) == []


@pytest.mark.django_db(transaction=True)
def test_two_presses_of_the_button_are_one_answer():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets only one connection write at all.")
    page, member = make_survey(), make_member()
    barrier = threading.Barrier(2)
    outcomes = []

    def press(choice):
        try:
            barrier.wait()
            answer(page, member, bake=[choice])
            outcomes.append("kept")
        except AlreadyAnswered:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(choice,)) for choice in (BREAD, CAKES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept", "refused"]
    assert SurveyAnswer.objects.count() == 1
    assert Event.objects.of_kinds("survey_answer").count() == 1
