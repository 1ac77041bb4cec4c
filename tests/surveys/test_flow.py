import datetime
import re

import pytest
from django.utils import timezone
from wagtail.models import PageViewRestriction

from tests.loyalty.factories import balance, make_rule
from tests.members.factories import make_registered_member, make_user
from tests.surveys.factories import (
    BAKE,
    BREAD,
    CAKES,
    LIKE,
    WHY,
    answer,
    make_survey,
    question,
)
from tests.tracking.factories import CHROME
from wagtail_crm.surveys.models import SurveyResponse
from wagtail_crm.tracking.actions import drain_buffer
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return make_registered_member("yoko@example.jp")


@pytest.fixture
def inside(client, member):
    client.force_login(member.user)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def outside(client):
    client.cookies["django_language"] = "en"
    return client


ANSWERS = {BAKE: [BREAD, CAKES], LIKE: "4", WHY: "Because <3"}


def text(response):
    """The words of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_visitors_are_invited_to_sign_in(outside):
    page = make_survey()
    response = outside.get(page.url)
    assert response.context["survey"].state == "invitation"
    assert f"/accounts/login/?next={page.url}" in response.content.decode()
    assert '<form class="crm-form"' not in response.content.decode()


def test_visitors_cannot_answer(outside):
    page = make_survey()
    outside.post(page.url, ANSWERS | {"send": ""})
    assert SurveyResponse.objects.count() == 0


def test_accounts_that_are_no_members_are_asked_to_join(outside):
    outside.force_login(make_user(confirmed=False))
    response = outside.get(make_survey().url)
    assert response.context["survey"].state == "join"


def test_questions_then_confirmation_then_thanks(
    inside, member, django_capture_on_commit_callbacks
):
    make_rule(kind="survey_answer", points=50)
    page = make_survey(thanks="<p>See you soon.</p>")
    asked = inside.get(page.url)
    assert asked.context["survey"].rewards == ["50 pt"]
    assert "In &lt;your&gt; words" in asked.content.decode()

    confirmation = inside.post(page.url, ANSWERS | {"check": ""})
    assert confirmation.context["survey"].state == "confirmation"
    assert "Bread, Cakes" in text(confirmation)
    assert "Because &lt;3" in confirmation.content.decode()
    assert SurveyResponse.objects.count() == 0

    with django_capture_on_commit_callbacks(execute=True):
        sent = inside.post(page.url, ANSWERS | {"send": ""})
    assert (sent.status_code, sent.url) == (302, page.url)
    assert balance(member) == 50

    thanks = inside.get(page.url)
    assert thanks.context["survey"].state == "thanks"
    assert "You got 50 pt ." in text(thanks)
    assert "See you soon." in text(thanks)


def test_confirmation_carries_every_answer_on(inside):
    page = make_survey()
    confirmation = inside.post(page.url, ANSWERS | {"check": ""}).content.decode()
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', confirmation)
    carried = [(name, value) for name, value in hidden if name in ANSWERS]
    assert sorted(carried) == sorted(
        [(BAKE, BREAD), (BAKE, CAKES), (LIKE, "4"), (WHY, "Because &lt;3")]
    )


def test_going_back_keeps_what_was_typed(inside):
    back = inside.post(make_survey().url, ANSWERS | {"back": ""})
    assert back.context["survey"].state == "questions"
    assert "Because &lt;3" in back.content.decode()
    assert back.content.decode().count(" checked") == 3


def test_a_missing_answer_is_said_beside_the_question(inside):
    response = inside.post(make_survey().url, {LIKE: "4", "send": ""})
    assert response.context["survey"].state == "questions"
    assert response.context["form"].errors == {BAKE: ["Please choose."]}


def test_an_invented_choice_is_refused(inside):
    response = inside.post(make_survey().url, {BAKE: ["c-gold"], LIKE: "6", "send": ""})
    assert sorted(response.context["form"].errors) == sorted([BAKE, LIKE])
    assert SurveyResponse.objects.count() == 0


def test_sending_twice_is_one_answer_and_leads_to_thanks(inside):
    page = make_survey()
    for _press in range(2):
        inside.post(page.url, ANSWERS | {"send": ""})
    assert SurveyResponse.objects.count() == Event.objects.of_kinds("survey_answer").count() == 1
    assert inside.get(page.url).context["survey"].state == "thanks"


def test_who_answered_cannot_change_unless_allowed(inside, member):
    page = make_survey()
    answer(page, member)
    response = inside.post(f"{page.url}?change", {BAKE: [CAKES], "send": ""})
    assert response.context["survey"].state == "thanks"
    assert "?change" not in inside.get(page.url).content.decode()


def test_who_answered_may_change_where_allowed(inside, member):
    page = make_survey(answers_can_change=True)
    answer(page, member, bake=[BREAD])
    assert "?change" in inside.get(page.url).content.decode()
    shown = inside.get(f"{page.url}?change")
    assert shown.context["form"].initial == {BAKE: [BREAD]}
    sent = inside.post(f"{page.url}?change", {BAKE: [CAKES], "send": ""})
    assert sent.url == page.url
    chosen = SurveyResponse.objects.get().answers.values_list("value", flat=True)
    assert list(chosen) == [CAKES]


def test_a_closed_survey_says_so(inside):
    page = make_survey(closes_at=timezone.now() - datetime.timedelta(days=1))
    assert inside.get(page.url).context["survey"].state == "closed"
    assert inside.post(page.url, ANSWERS | {"send": ""}).context["survey"].state == "closed"
    assert SurveyResponse.objects.count() == 0


def test_a_survey_is_never_kept_by_shared_caches(inside):
    response = inside.get(make_survey().url)
    assert "private" in response.headers["Cache-Control"]


@pytest.mark.parametrize("mode", ["questions", "confirmation", "thanks", "invitation"])
def test_previews_show_each_state_and_keep_nothing(mode):
    page = make_survey()
    response = page.make_preview_request(preview_mode=mode)
    assert response.status_code == 200
    assert response.context_data["survey"].state == mode
    assert SurveyResponse.objects.count() == Event.objects.count() == 0


def test_a_preview_shows_questions_that_are_not_saved_yet():
    page = make_survey()
    page.questions = [("text", {"label": "New?", "help_text": "", "required": True})]
    response = page.make_preview_request(preview_mode="questions")
    assert "New?" in response.content.decode()


def test_my_page_offers_open_surveys_with_their_reward(inside, member):
    make_rule(kind="survey_answer", points=50)
    make_survey("Open")
    answer(make_survey("Answered"), member)
    make_survey("Closed", closes_at=timezone.now() - datetime.timedelta(days=1))
    make_survey("Draft", live=False)
    private = make_survey("Partners")
    PageViewRestriction.objects.create(
        page=private, restriction_type=PageViewRestriction.PASSWORD, password="x"
    )
    words = text(inside.get("/crm/me/"))
    offers = re.search(r"Surveys for you (.*?) Your details", words)[1]
    assert offers == "Open 50 pt"


def test_my_page_without_surveys_has_no_card_for_them(inside):
    assert "Surveys for you" not in text(inside.get("/crm/me/"))


def test_a_page_view_of_a_survey_is_recorded_but_not_its_posts(inside, member):
    page = make_survey()
    inside.cookies["crm_consent"] = "1:yes"
    inside.get(page.url, headers={"User-Agent": CHROME})
    inside.post(page.url, ANSWERS | {"check": ""})
    drain_buffer()
    assert Event.objects.of_kinds("page_view").count() == 1


@pytest.mark.parametrize("number", ["1e999999", "1e9999999", "-1e400", "9" * 19, "NaN", "Infinity"])
def test_numbers_that_are_none_are_not_written_out(inside, number):
    page = make_survey(questions=[question("number", LIKE, "How many?")])

    response = inside.post(page.url, {LIKE: number, "send": ""})

    assert response.context["survey"].state == "questions"
    assert list(response.context["form"].errors) == [LIKE]
    assert SurveyResponse.objects.count() == 0
