import json
import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import global_settings
from django.core import mail

from tests.members.factories import (
    PASSWORD,
    make_attribute,
    make_registered_member,
    make_user,
)
from wagtail_crm.members import actions
from wagtail_crm.members.models import ConsentRecord, Member

pytestmark = pytest.mark.django_db

PAGES = ["/crm/me/", "/crm/me/profile/", "/crm/me/settings/", "/crm/me/data/", "/crm/me/withdraw/"]


@pytest.fixture
def member():
    return make_registered_member("yoko@example.jp", family_name="田中", given_name="陽子")


@pytest.fixture
def inside(client, member):
    """A browser in which the member has just typed their password, twice."""
    client.post("/accounts/login/", {"login": "yoko@example.jp", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.cookies["django_language"] = "ja"
    return client


@pytest.mark.parametrize("address", [*PAGES, "/crm/me/join/"])
def test_strangers_sign_in_first(client, address):
    response = client.get(address)
    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={address}")


@pytest.mark.parametrize("address", PAGES)
def test_members_may_see_their_pages(inside, address):
    response = inside.get(address)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("address", PAGES)
def test_accounts_without_a_member_are_asked_to_join(client, address):
    client.force_login(make_user(is_staff=True))
    response = client.get(address)
    assert (response.status_code, response.url) == (302, "/crm/me/join/")


def test_my_page_greets_by_name(inside):
    assert "田中 陽子さん、こんにちは" in inside.get("/crm/me/").text


def test_my_page_asks_a_fixed_number_of_questions(inside, django_assert_max_num_queries):
    inside.get("/crm/me/")
    with django_assert_max_num_queries(20):
        inside.get("/crm/me/")


def test_profile_saves_names_and_typed_attributes(inside, member):
    make_attribute("size", type="number", place="profile")
    make_attribute("birthday", type="date", place="registration")
    make_attribute("rating", place="staff")
    actions.update_member(member=member, attributes={"rating": "A"})
    page = inside.get("/crm/me/profile/")
    assert [name for name in page.context["form"].fields if name.startswith("attribute")] == [
        "attribute_size",
        "attribute_birthday",
    ]
    response = inside.post(
        "/crm/me/profile/",
        {
            "family_name": "鈴木",
            "given_name": "陽子",
            "family_name_kana": "スズキ",
            "given_name_kana": "ようこ",
            "attribute_size": "2.50",
            "attribute_birthday": "1990-04-02",
            "attribute_rating": "B",
            "email": "other@example.jp",
        },
    )
    assert response.status_code == 302
    member.refresh_from_db()
    assert (member.full_name, member.full_name_kana) == ("鈴木 陽子", "すずき ようこ")
    assert member.attributes == {"rating": "A", "size": 2.5, "birthday": "1990-04-02"}
    assert member.email == "yoko@example.jp"


def test_profile_shows_errors_and_saves_nothing(inside, member):
    response = inside.post("/crm/me/profile/", {"family_name": "鈴木"})
    assert response.context["form"].errors["given_name"] == ["入力してください。"]
    member.refresh_from_db()
    assert member.family_name == "田中"


def test_profile_in_english_keeps_the_reading(inside, member):
    actions.update_member(member=member, fields={"family_name_kana": "たなか"})
    inside.cookies["django_language"] = "en"
    inside.post("/crm/me/profile/", {"family_name": "Tanaka", "given_name": "Yoko"})
    member.refresh_from_db()
    assert (member.family_name, member.family_name_kana) == ("Tanaka", "たなか")


def test_consent_is_given_and_taken_back_by_post_only(inside, member):
    def answers():
        return list(ConsentRecord.objects.current().values_list("purpose", "granted", "source"))

    assert inside.get("/crm/me/consent/?purpose=email&granted=yes").status_code == 405
    assert answers() == []
    inside.post("/crm/me/consent/", {"purpose": "email", "granted": "yes"})
    assert answers() == [("email", True, "my_page")]
    inside.post("/crm/me/consent/", {"purpose": "email", "granted": "no"})
    assert answers() == [("email", False, "my_page")]
    assert inside.post("/crm/me/consent/", {"purpose": "all", "granted": "yes"}).status_code == 404


def test_settings_show_the_answer_in_force(inside, member):
    actions.record_consent(member=member, purpose="email", granted=True, source="test")
    switches = [
        (consent.purpose, bool(answer and answer.granted))
        for consent, answer in inside.get("/crm/me/settings/").context["consents"]
    ]
    assert switches == [("email", True), ("profiling", False)]


def test_language_is_remembered_for_mails_and_pages(inside, member):
    inside.post("/crm/me/language/", {"language": "en"})
    member.refresh_from_db()
    assert member.language == "en"
    assert inside.cookies["django_language"].value == "en"
    inside.post("/crm/me/language/", {"language": "xx"})
    member.refresh_from_db()
    assert member.language == "en"


def test_data_is_everything_as_json(inside, member):
    actions.tag_members(members=[member], add=["VIP"])
    response = inside.get("/crm/me/data/")
    assert "attachment" in response["Content-Disposition"]
    data = json.loads(response.text)
    assert data["wagtail_crm_members.member"][0]["email"] == "yoko@example.jp"
    assert data["wagtail_crm_members.taggedmember"] == [{"tag__name": "VIP"}]


@pytest.mark.parametrize("address", ["/crm/me/data/", "/crm/me/withdraw/"])
def test_data_and_leaving_ask_for_the_password_again(client, member, address):
    client.force_login(member.user)
    response = client.get(address)
    assert (response.status_code, response.url.split("?")[0]) == (302, "/accounts/reauthenticate/")


def test_a_site_that_names_no_languages_offers_none(inside, settings):
    assert inside.get("/crm/me/settings/").context["language_form"]
    settings.LANGUAGES = global_settings.LANGUAGES
    assert not inside.get("/crm/me/settings/").context["language_form"]


@pytest.mark.parametrize("choice", ["keep", "erase"])
def test_leaving_needs_the_box_ticked_and_keeps_the_choice(inside, member, choice):
    response = inside.post("/crm/me/withdraw/", {"data": choice})
    assert response.status_code == 422
    assert re.findall(r'value="(\w+)" checked', response.text) == [choice]
    member.refresh_from_db()
    assert member.status == "registered"


@pytest.mark.parametrize(
    ("policy", "choice", "erased"),
    [
        ("choose", "keep", False),
        ("choose", "erase", True),
        ("keep", "erase", False),
        ("erase", "keep", True),
    ],
)
def test_leaving_keeps_or_erases_by_policy(inside, member, settings, policy, choice, erased):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"WITHDRAWAL_POLICY": policy}
    response = inside.post("/crm/me/withdraw/", {"confirm": "yes", "data": choice})
    assert (response.status_code, response.url) == (302, "/crm/goodbye/")
    member.refresh_from_db()
    assert (member.status, member.email == "") == ("withdrawn", erased)
    assert inside.get("/crm/me/").status_code == 302
    assert inside.get("/crm/goodbye/").status_code == 200
    login = inside.post("/accounts/login/", {"login": "yoko@example.jp", "password": PASSWORD})
    assert login.status_code == 200


def test_a_colleague_may_join_with_a_confirmed_address(client):
    user = make_user("staff@example.jp", is_staff=True)
    client.force_login(user)
    assert client.get("/crm/me/join/").status_code == 200
    response = client.post("/crm/me/join/")
    assert (response.status_code, response.url) == (302, "/crm/me/")
    assert Member.objects.get().user == user


def test_joining_without_a_confirmed_address_leads_to_the_address(client):
    client.force_login(make_user(is_staff=True, confirmed=False))
    response = client.post("/crm/me/join/")
    assert (response.status_code, response.url) == (302, "/accounts/email/")
    assert Member.objects.count() == 0


def test_an_account_from_before_becomes_a_member_on_login(client):
    user = make_user("old@example.jp")
    client.post("/accounts/login/", {"login": "old@example.jp", "password": PASSWORD})
    member = Member.objects.get()
    assert (member.user, member.status, member.email) == (user, "registered", "old@example.jp")


def test_a_colleagues_account_does_not_become_a_member_on_login(client):
    make_user("boss@example.jp", is_staff=True)
    client.post("/accounts/login/", {"login": "boss@example.jp", "password": PASSWORD})
    assert Member.objects.count() == 0


def test_changing_the_address_moves_the_member(inside, member):
    inside.post("/accounts/email/", {"action_add": "", "email": "new@example.jp"})
    member.refresh_from_db()
    assert member.email == "yoko@example.jp"
    link = mail.outbox[-1].body.split("http://testserver")[1].split()[0]
    inside.post(link)
    member.refresh_from_db()
    assert (member.email, member.email_key) == ("new@example.jp", "new@example.jp")
    assert EmailAddress.objects.get(user=member.user).email == "new@example.jp"
