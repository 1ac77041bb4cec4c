import uuid

import pytest
from django.test import Client
from django.urls import reverse, set_script_prefix

from tests.members.factories import make_registered_member, make_user
from tests.tracking.factories import CHROME, make_browser, visit
from wagtail_crm.checks import MIDDLEWARE
from wagtail_crm.members.actions import record_consent
from wagtail_crm.members.models import ConsentRecord
from wagtail_crm.tracking import actions, snapshots
from wagtail_crm.tracking.models import Event, Visitor

pytestmark = pytest.mark.django_db
URL = "/crm/consent/"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


def answer(client, choice, headers=SAME_ORIGIN, **data):
    return client.post(URL, {"answer": choice, "next": "/sourdough/?a=1"} | data, headers=headers)


@pytest.fixture
def strict():
    """A browser whose POSTs are checked, as on a real site."""
    return Client(headers={"user-agent": CHROME}, enforce_csrf_checks=True)


def test_the_address():
    assert reverse("wagtail_crm_tracking:consent") == URL


def test_yes_is_remembered_and_the_way_goes_back(page, strict):
    response = answer(strict, "yes")
    assert (response.status_code, response["Location"]) == (302, "/sourdough/?a=1")
    assert response.cookies["crm_consent"].value == "1:yes"
    assert sorted(response.cookies) == ["crm_consent", "crm_visitor"]


def test_a_yes_is_kept_with_the_version_of_the_text(page, strict, crm_settings):
    crm_settings(CONSENT_VERSION="3")
    visitor = answer(strict, "yes").cookies["crm_visitor"].value
    row = Visitor.objects.get(pk=visitor)
    assert (row.consent_version, row.consented_at is not None) == ("3", True)
    strict.get(page.url)
    crm_settings(CONSENT_VERSION="4")
    answer(strict, "yes")
    assert [row.consent_version for row in Visitor.objects.all()] == ["4"]


def test_a_yes_of_members_staff_and_machines_makes_no_browser(page):
    staff = make_user(is_staff=True, is_superuser=True)
    for client in (
        make_browser(None, user=make_registered_member().user),
        make_browser(None, user=staff),
        make_browser(None, agent="python-requests/2.31"),
    ):
        assert list(answer(client, "yes").cookies) == ["crm_consent"]
    assert Visitor.objects.count() == 0


def test_a_no_of_a_member_elsewhere_is_heeded_on_the_next_page(page):
    member = make_registered_member()
    client = make_browser("yes", user=member.user, commits=True)
    client.get(page.url)
    visitor = client.cookies["crm_visitor"].value
    record_consent(member=member, purpose="profiling", granted=False, source="my_page")
    snapshots.refresh([member.pk])
    response = client.get(page.url)
    assert response.cookies["crm_visitor"]["max-age"] == 0
    assert response.cookies["crm_consent"].value == "1:no"
    assert "private" in response["Cache-Control"]
    assert Visitor.objects.get(pk=visitor).forgotten_at is not None
    assert dict(client.get(page.url).cookies) == {}


def test_a_member_who_changes_their_mind_is_not_forgotten(page):
    member = make_registered_member()
    record_consent(member=member, purpose="profiling", granted=False, source="my_page")
    client = make_browser(None, user=member.user, commits=True)
    client.cookies["crm_visitor"] = str(uuid.uuid4())
    response = answer(client, "yes")
    assert response.cookies["crm_consent"].value == "1:yes"
    assert "crm_visitor" not in response.cookies


def test_the_page_says_that_the_browser_says_no(page):
    text = "ブラウザーの設定で拒否されています。"
    said = [
        text in make_browser(consent).get(URL, headers=headers).content.decode()
        for consent, headers in ((None, {"sec-gpc": "1"}), ("yes", {"dnt": "1"}), (None, {}))
    ]
    assert said == [True, False, False]


def test_the_page_says_what_was_answered_there_and_leads_back(page):
    client, came_from = make_browser("yes"), f"{page.url}?a=1"
    form = client.get(URL, headers={"referer": f"http://testserver{came_from}"})
    assert "元のページに戻る" not in form.text

    said = client.get(answer(client, "no", next=form.context["next"])["Location"])

    assert "現在の回答は「いいえ」です。" in said.text
    assert f'href="http://testserver{came_from}">元のページに戻る</a>' in said.text


def test_views_count_from_the_answer_on(page):
    client = make_browser(None)
    client.get(page.url)
    answer(client, "yes", next=page.url)
    client.get(page.url)
    assert actions.drain_buffer() == 1


def test_no_forgets_the_browser(page):
    client = make_browser("yes")
    client.get(page.url)
    visitor = client.cookies["crm_visitor"].value
    actions.drain_buffer()
    response = answer(client, "no")
    assert response.cookies["crm_consent"].value == "1:no"
    assert response.cookies["crm_visitor"]["max-age"] == 0
    assert Event.objects.get().visitor_id is None
    assert Visitor.objects.get(pk=visitor).forgotten_at is not None
    client.get(page.url)
    assert actions.drain_buffer() == 0


def test_no_by_somebody_who_never_agreed(page):
    response = answer(make_browser(None), "no")
    assert response.status_code == 302
    assert Visitor.objects.count() == 0


@pytest.mark.parametrize("choice", ["yes", "no"])
def test_the_answer_of_a_member_is_a_record(page, choice):
    member = make_registered_member()
    answer(make_browser(None, user=member.user), choice)
    record = ConsentRecord.objects.get(member=member)
    assert (record.purpose, record.granted, record.source, record.version) == (
        "profiling",
        choice == "yes",
        "consent_bar",
        "1",
    )


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/baking/?q=1", "/baking/?q=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_stays_here(page, target, goes_to):
    assert answer(make_browser(), "yes", next=target)["Location"] == goes_to


def test_a_site_below_a_path_begins_there(page):
    set_script_prefix("/shop/")
    try:
        assert answer(make_browser(), "yes", next="")["Location"] == "/shop/"
    finally:
        set_script_prefix("/")


def test_what_led_to_the_page_of_the_yes_is_the_first_touch(page):
    """The browser's row is made by the yes, before anything is recorded."""
    client = make_browser(None)
    client.get(page.url + "?utm_source=letter")
    answer(client, "yes", next=page.url + "?utm_source=letter")
    client.get(page.url + "?utm_source=letter")
    actions.drain_buffer()
    visitor = Visitor.objects.get()
    assert (visitor.first_touch, visitor.last_touch) == ({"utm_source": "letter"},) * 2


def test_without_a_way_back_the_page_before(page):
    headers = SAME_ORIGIN | {"referer": "http://testserver/rye/"}
    response = make_browser().post(URL, {"answer": "no"}, headers=headers)
    assert response["Location"] == "http://testserver/rye/"


@pytest.mark.parametrize("data", [{}, {"answer": "maybe"}])
def test_anything_else_is_no_answer(page, data):
    response = make_browser().post(URL, data, headers=SAME_ORIGIN)
    assert (response.status_code, dict(response.cookies)) == (400, {})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 302),
        ({"origin": "http://testserver"}, 302),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://testserver.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[broken"}, 403),
        ({}, 403),
    ],
)
def test_nobody_answers_for_somebody_else(page, strict, headers, status):
    response = answer(strict, "yes", headers=headers)
    assert response.status_code == status
    assert ("crm_consent" in response.cookies) is (status == 302)


def test_a_browser_that_does_not_say_where_it_comes_from_uses_the_page(page, strict):
    form = strict.get(URL)
    token = form.context["csrf_token"]
    assert answer(strict, "no", headers={}, csrfmiddlewaretoken=str(token)).status_code == 302


def test_the_page_says_what_is_in_force(page):
    for consent, known in ((None, None), ("yes", True), ("no", False)):
        response = make_browser(consent).get(URL)
        assert (response.status_code, response.context["answer"]) == (200, known)


def test_the_page_asks_once(page):
    text = make_browser(None).get(URL).content.decode()
    assert (text.count('name="answer" value="yes"'), "csrfmiddlewaretoken" in text) == (1, True)


def test_the_page_knows_a_members_answer(page):
    member = make_registered_member()
    client = make_browser(None, user=member.user, commits=True)
    answer(client, "no")
    del client.cookies["crm_consent"]
    assert client.get(URL).context["answer"] is False


def test_a_site_without_the_middleware_asks_nothing(page, settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != MIDDLEWARE]
    assert make_browser(None).get(URL).status_code == 404
    assert answer(make_browser(None), "yes").status_code == 404


def test_get_changes_nothing(page):
    client = make_browser("yes")
    browser = uuid.uuid4()
    client.cookies["crm_visitor"] = str(browser)
    actions.record_events(events=[visit(visitor_id=browser)])
    assert dict(client.get(URL + "?answer=no").cookies.items()).keys() <= {"csrftoken"}
    assert Visitor.objects.get().forgotten_at is None


@pytest.mark.parametrize(
    ("mode", "signal", "said", "asked"),
    [
        ("opt_in", None, "", True),
        ("notice", None, "", False),
        ("notice", None, "1:yes", False),
        ("notice", None, "1:no", True),
        ("notice", "1", "", True),
        ("off", None, "", False),
    ],
)
def test_the_page_asks_whoever_is_not_remembered(strict, crm_settings, mode, signal, said, asked):
    crm_settings(CONSENT_MODE=mode)
    if said:
        strict.cookies["crm_consent"] = said

    text = strict.get(URL, headers={"sec-gpc": signal} if signal else {}).text

    assert ("いいえ、記録しない" in text) is asked
    assert ("記録をやめる" in text) is not asked
