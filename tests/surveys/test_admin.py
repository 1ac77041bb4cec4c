import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.loyalty.factories import make_rule, make_staff
from tests.members.factories import make_member
from tests.surveys.factories import (
    BAKE,
    BREAD,
    CAKES,
    LIKE,
    WHY,
    answer,
    make_survey,
    question,
    the_questions,
)
from wagtail_crm.surveys.models import SurveyPage
from wagtail_crm.surveys.results import results_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client):
    client.force_login(make_staff())
    return client


@pytest.fixture
def answered():
    page = make_survey()
    answer(page, make_member(), bake=[BREAD, CAKES], like="5", why="=1+1")
    answer(page, make_member(), bake=[BREAD], like="4")
    answer(page, make_member(), bake=[CAKES])
    return page


def test_results_count_answers_and_people(answered):
    bake, like, why = results_of(answered)
    assert [(bar.label, bar.count, bar.percent) for bar in bake.bars] == [
        ("Bread", 2, "67"),
        ("Cakes", 2, "67"),
        ("Nothing", 0, "0"),
    ]
    assert (bake.people, bake.mean) == (3, None)
    assert [bar.count for bar in like.bars] == [0, 0, 0, 1, 1]
    assert (like.people, like.mean) == (2, 4.5)
    assert (why.people, [words for words, _response in why.words]) == (1, ["=1+1"])


def test_results_keep_what_is_no_longer_offered(answered):
    questions = the_questions()
    del questions[0]["value"]["choices"][0]
    answered.questions = questions_json(questions)
    with translation.override("en"):
        bars = results_of(answered)[0].bars
    assert [(bar.label, bar.count) for bar in bars] == [
        ("Cakes", 2),
        ("Nothing", 0),
        ("no longer offered", 2),
    ]


def questions_json(questions):
    page = make_survey(questions=questions)
    return page.questions


def test_results_of_nobody():
    assert [result.people for result in results_of(make_survey())] == [0, 0, 0]


def test_results_show_the_newest_words_only(monkeypatch):
    monkeypatch.setattr("wagtail_crm.surveys.results.WORDS_SHOWN", 2)
    page = make_survey()
    for number in range(3):
        answer(page, make_member(), why=f"Reason {number}")
    words = results_of(page)[2].words
    assert [text for text, _response in words] == ["Reason 2", "Reason 1"]


@pytest.mark.parametrize("number", [1, 3])
def test_results_cost_the_same_queries_however_many_questions(number):
    keys = [BAKE, LIKE, WHY][:number]
    page = make_survey(questions=[question("text", key, "Q") for key in keys])
    with CaptureQueriesContext(connection) as captured:
        assert len(results_of(page)) == number
    assert len(captured) == 3


def test_editors_read_results(editor, answered):
    response = editor.get(f"/admin/crm/surveys/{answered.pk}/")
    html = response.content.decode()
    assert "What do you bake?" in html
    assert "&quot;Bread&quot;" in html
    assert "chart.umd.min.js" in html


def test_the_file_that_most_programs_read_is_offered_first(editor, answered):
    html = editor.get(f"/admin/crm/surveys/{answered.pk}/").content.decode()
    assert html.index("format=utf-8-sig") < html.index("format=cp932")


def test_a_page_that_is_no_survey_has_no_results(editor, answered):
    assert editor.get(f"/admin/crm/surveys/{answered.get_parent().pk}/").status_code == 404


def test_the_list_counts_responses(editor, answered):
    make_survey("Empty")
    html = editor.get("/admin/crm/surveys/?ordering=title").content.decode()
    assert html.index("Empty") < html.index("Your kitchen")
    assert f"/admin/crm/surveys/{answered.pk}/" in html


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_queries_however_many_surveys(editor, number):
    for each in range(number):
        answer(make_survey(f"Survey {each}"), make_member())
    editor.get("/admin/crm/surveys/")
    with CaptureQueriesContext(connection) as captured:
        editor.get("/admin/crm/surveys/results/")
    assert len(captured) <= 12


def test_an_empty_list_says_what_to_do_first(editor):
    editor.cookies["django_language"] = "en"
    html = editor.get("/admin/crm/surveys/", headers={"Accept-Language": "en"}).content.decode()
    assert "A survey is a page." in html
    assert html.count("/admin/pages/create/wagtail_crm_surveys/surveypage") == 2


def test_who_may_add_no_pages_is_offered_no_survey(client):
    client.force_login(make_staff("view_surveyresponse"))
    assert "/admin/pages/create/" not in client.get("/admin/crm/surveys/").content.decode()


def test_editors_see_what_answering_earns(editor, answered):
    editor.cookies["django_language"] = "en"
    edit = f"/admin/pages/{answered.pk}/edit/"
    assert "Members get nothing for answering yet." in editor.get(edit).content.decode()

    make_rule(kind="survey_answer", points=50)

    assert "Members get <strong>50 pt</strong> for answering." in editor.get(edit).content.decode()
    results = editor.get(f"/admin/crm/surveys/{answered.pk}/").content.decode()
    assert "50 pt for answering" in results


def test_a_new_question_begins_with_two_choices():
    stream = SurveyPage._meta.get_field("questions").stream_block
    first, second = (stream.child_blocks["choice"].get_default()["choices"] for _time in range(2))
    assert list(first) == ["", ""]
    assert len({child.id for child in first.bound_blocks}) == 2
    assert first.bound_blocks[0].id != second.bound_blocks[0].id


@pytest.mark.parametrize("address", ["", "results/", "{pk}/", "{pk}/export/"])
def test_who_may_not_see_answers_gets_no_further(client, answered, address):
    client.force_login(make_staff("access_admin"))
    response = client.get(f"/admin/crm/surveys/{address.format(pk=answered.pk)}")
    assert (response.status_code, response.url) == (302, "/admin/")


def test_exporting_is_a_permission_of_its_own(client, answered):
    client.force_login(make_staff("view_surveyresponse"))
    assert client.get(f"/admin/crm/surveys/{answered.pk}/").status_code == 200
    assert client.get(f"/admin/crm/surveys/{answered.pk}/export/").status_code == 302


@pytest.mark.parametrize("may_see_members", [True, False])
def test_names_are_only_for_those_who_may_see_members(client, may_see_members):
    page = make_survey()
    member = make_member(code="A1", family_name="田中", email="yoko@example.jp")
    answer(page, member, why="Because")
    extra = ["view_member"] if may_see_members else []
    client.force_login(make_staff("view_surveyresponse", "export_surveyresponse", *extra))

    html = client.get(f"/admin/crm/surveys/{page.pk}/").text
    file = client.get(f"/admin/crm/surveys/{page.pk}/export/")
    lines = b"".join(file.streaming_content).decode("utf-8-sig")

    assert ("Because" in html, "Because" in lines) == (True, True)
    assert ("田中" in html, "田中" in lines, "yoko@" in lines, "A1" in lines) == (
        (may_see_members,) * 4
    )


def test_the_file_has_every_answer_and_no_formula(editor):
    page = make_survey()
    member = make_member(code="A1", family_name="田中", given_name="陽子", email="=x@example.jp")
    answer(page, member, bake=[BREAD, CAKES], like="5", why="=HYPERLINK(1)")
    response = editor.get(f"/admin/crm/surveys/{page.pk}/export/")
    body = b"".join(response.streaming_content)
    assert body.startswith(b"\xef\xbb\xbf")
    heading, line = csv.reader(io.StringIO(body.decode("utf-8-sig")))
    assert heading[4:] == ["What do you bake?", "Do you like us?", "Why?"]
    assert [line[0], line[1], line[2]] == ["A1", "田中 陽子", "'=x@example.jp"]
    assert line[4:] == ["Bread、Cakes", "5", "'=HYPERLINK(1)"] or line[4:] == [
        "Bread, Cakes",
        "5",
        "'=HYPERLINK(1)",
    ]


def test_the_file_in_shift_jis(editor, answered):
    response = editor.get(f"/admin/crm/surveys/{answered.pk}/export/?format=cp932")
    assert b"".join(response.streaming_content).decode("cp932")
    wrong = editor.get(f"/admin/crm/surveys/{answered.pk}/export/?format=ebcdic")
    assert wrong.status_code == 404


def test_wagtails_list_of_forms_leaves_surveys_out(editor, answered):
    assert "Your kitchen" not in editor.get("/admin/forms/").content.decode()
    response = editor.get(f"/admin/forms/submissions/{answered.pk}/")
    assert response.status_code in (302, 404)


def test_the_page_leads_to_its_results(editor, answered):
    html = editor.get(f"/admin/pages/{answered.pk}/edit/").content.decode()
    assert f"/admin/crm/surveys/{answered.pk}/" in html
    parent = answered.get_parent()
    html = editor.get(f"/admin/pages/{parent.pk}/").content.decode()
    assert f"/admin/crm/surveys/{answered.pk}/" in html


def test_a_member_page_shows_their_answers(editor):
    page, member = make_survey(), make_member()
    answer(page, member, bake=[BREAD], why="Because.")
    html = editor.get(f"/admin/crm/member/inspect/{member.pk}/?tab=survey_answers").content.decode()
    assert "Your kitchen" in html
    assert "Because." in html
