import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.members.factories import PASSWORD, make_attribute, make_member, make_user
from wagtail_crm.members import actions
from wagtail_crm.members.drafts import LIFETIME, SESSION_KEY, SignupDraft
from wagtail_crm.members.models import ConsentRecord, Member, Registration

pytestmark = pytest.mark.django_db

SIGNUP, CONFIRM = "/accounts/signup/", "/accounts/signup/confirm/"
SENT = "/accounts/confirm-email/"
WEAK = "このパスワードは短すぎます。最低 8 文字以上必要です。"


@pytest.fixture
def typed():
    make_attribute(
        "prefecture",
        label="Prefecture",
        type="choice",
        choices="Tokyo\nKyoto",
        place="registration",
        translations={"ja": {"label": "都道府県", "choices": "東京都\n京都府"}},
    )
    make_attribute("birthday", type="date", place="profile")
    return {
        "family_name": "田中",
        "given_name": "陽子",
        "family_name_kana": "タナカ",
        "given_name_kana": "ﾖｳｺ",
        "email": "yoko@example.jp",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "attribute_prefecture": "Tokyo",
        "consent_email": "on",
    }


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"
    return client


def without_kana(typed):
    return {name: value for name, value in typed.items() if not name.endswith("_kana")}


def confirmation_link():
    return re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1]


def test_signup_address_is_allauths_own():
    assert (reverse("account_signup"), reverse("account_signup_confirm")) == (SIGNUP, CONFIRM)


def test_form_in_japanese_asks_for_readings_and_attributes_when_registering(japanese, typed):
    form = japanese.get(SIGNUP).context["form"]
    assert [field.name for _title, fields in form.sections() for field in fields] == [
        "family_name",
        "given_name",
        "family_name_kana",
        "given_name_kana",
        "email",
        "password1",
        "password2",
        "attribute_prefecture",
        "consent_email",
        "consent_profiling",
    ]
    assert form.fields["attribute_prefecture"].label == "都道府県"
    assert not form.fields["consent_email"].initial


def test_fields_are_called_the_same_in_every_step_and_listed_in_their_order(japanese, typed):
    japanese.post(SIGNUP, typed | {"family_name": "", "email": ""})
    assert list(japanese.get(SIGNUP).context["form"].errors) == ["family_name", "email"]
    japanese.post(SIGNUP, typed)
    summary = dict(japanese.get(CONFIRM).context["form"].summary())
    assert [str(label) for label, _value in summary["アカウント"]] == [
        "メールアドレス",
        "パスワード",
    ]


def test_form_in_english_puts_the_given_name_first(english, typed):
    form = english.get(SIGNUP).context["form"]
    assert form.name_names == ["given_name", "family_name"]
    assert form.fields["attribute_prefecture"].label == "Prefecture"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_registering_makes_a_member_once_the_address_is_confirmed(client, typed, language):
    client.cookies["django_language"] = language
    data = typed if language == "ja" else without_kana(typed)
    response = client.post(SIGNUP, data)
    assert (response.status_code, response.url) == (302, CONFIRM)
    page = client.get(CONFIRM)
    assert "東京都" in page.text if language == "ja" else "Tokyo" in page.text
    assert get_user_model().objects.count() == 0

    response = client.post(CONFIRM)
    assert (response.status_code, response.url) == (302, SENT)
    assert Member.objects.count() == 0
    assert "yoko@example.jp" in client.get(SENT).text
    assert [message.to for message in mail.outbox] == [["yoko@example.jp"]]

    response = client.post(confirmation_link())
    assert (response.status_code, response.url) == (302, "/crm/me/")
    member = Member.objects.get()
    assert (member.status, member.email, member.language) == (
        "registered",
        "yoko@example.jp",
        language,
    )
    assert (member.family_name, member.given_name) == ("田中", "陽子")
    assert member.full_name_kana == ("たなか ようこ" if language == "ja" else "")
    assert member.attributes == {"prefecture": "Tokyo"}
    assert list(ConsentRecord.objects.values_list("purpose", "granted")) == [("email", True)]
    assert member.user.check_password(PASSWORD)
    assert client.get("/crm/me/").status_code == 200


def test_mail_is_in_the_visitors_language_and_from_the_site(japanese, typed):
    japanese.post(SIGNUP, typed)
    japanese.post(CONFIRM)
    message = mail.outbox[0]
    assert message.subject == "【Hidamari】会員登録の確認をお願いします"
    assert message.from_email == "Hidamari <hello@hidamari.example>"


def test_errors_stand_beside_the_fields(japanese, typed):
    response = japanese.post(
        SIGNUP, typed | {"family_name": "", "given_name_kana": "yoko", "password2": "other"}
    )
    assert (response.status_code, response.url) == (302, SIGNUP)
    assert japanese.get(SIGNUP).context["form"].errors == {
        "family_name": ["入力してください。"],
        "given_name_kana": ["ひらがなまたはカタカナで入力してください。"],
        "password2": ["同じパスワードを入力してください。"],
    }
    response = japanese.post(CONFIRM)
    assert (response.status_code, response.url) == (302, SIGNUP)
    assert get_user_model().objects.count() == 0


def test_a_good_password_is_kept_when_something_else_is_wrong(japanese, typed):
    japanese.post(SIGNUP, typed | {"family_name": "", "next": "/prize/"})
    assert japanese.get(CONFIRM).url == SIGNUP
    page = japanese.get(SIGNUP)
    assert page.context["form"].errors == {"family_name": ["入力してください。"]}
    assert page.context["has_password"]
    assert PASSWORD not in page.text + str(dict(japanese.session))

    japanese.post(SIGNUP, typed | {"password1": "", "password2": ""})
    japanese.post(CONFIRM)
    assert get_user_model().objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("passwords", "errors"),
    [
        (("", ""), {"password1": ["入力してください。"], "password2": ["入力してください。"]}),
        (("short", "short"), {"password1": [WEAK]}),
        ((PASSWORD, "other"), {"password2": ["同じパスワードを入力してください。"]}),
    ],
)
def test_a_wrong_password_is_not_kept(japanese, typed, passwords, errors):
    first, second = passwords
    japanese.post(SIGNUP, typed | {"password1": first, "password2": second})
    page = japanese.get(SIGNUP)
    assert page.context["form"].errors == errors
    assert page.context["form"]["family_name"].value() == "田中"
    assert not page.context["has_password"]


def test_password_is_never_in_a_page_or_readable_in_the_session(japanese, typed):
    japanese.post(SIGNUP, typed)
    pages = [japanese.get(CONFIRM).text, japanese.get(SIGNUP).text]
    assert all(PASSWORD not in page for page in pages)
    assert PASSWORD not in str(dict(japanese.session))


def test_going_back_keeps_what_was_typed_and_the_password(japanese, typed):
    japanese.post(SIGNUP, typed)
    form = japanese.get(SIGNUP).context["form"]
    kept = {name: form[name].value() for name in typed}
    assert kept == typed | {"password1": None, "password2": None, "consent_email": True}

    japanese.post(SIGNUP, typed | {"password1": "", "password2": "", "given_name": "洋子"})
    japanese.post(CONFIRM)
    user = get_user_model().objects.get()
    assert (user.first_name, user.check_password(PASSWORD)) == ("洋子", True)


def test_going_back_can_change_the_password(japanese, typed):
    japanese.post(SIGNUP, typed)
    other = "another-horse-battery"
    japanese.post(SIGNUP, typed | {"password1": other, "password2": other})
    japanese.post(CONFIRM)
    assert get_user_model().objects.get().check_password(other)


def test_a_draft_is_forgotten_after_half_an_hour(japanese, typed):
    japanese.post(SIGNUP, typed)
    session = japanese.session
    session[SESSION_KEY] = session[SESSION_KEY] | {"at": session[SESSION_KEY]["at"] - LIFETIME - 1}
    session.save()
    assert japanese.get(SIGNUP).context["form"]["family_name"].value() is None
    response = japanese.post(CONFIRM)
    assert (response.status_code, response.url) == (302, SIGNUP)
    assert get_user_model().objects.count() == 0


def test_confirming_nothing_leads_to_the_form(client):
    for response in (client.get(CONFIRM), client.post(CONFIRM)):
        assert (response.status_code, response.url) == (302, SIGNUP)


def test_the_wanted_page_survives_both_steps(japanese, typed):
    response = japanese.post(SIGNUP, typed | {"next": "/prize/"})
    assert response.url == CONFIRM + "?next=%2Fprize%2F"
    page = japanese.get(response.url)
    assert page.context["redirect_field_value"] == "/prize/"
    japanese.post(CONFIRM, {"next": "/prize/"})
    assert japanese.post(confirmation_link()).url == "/prize/"


def test_pressing_the_button_again_makes_no_second_account(japanese, typed):
    japanese.post(SIGNUP, typed)
    japanese.post(CONFIRM)
    response = japanese.post(CONFIRM)
    assert (response.status_code, response.url) == (302, SENT)
    assert (get_user_model().objects.count(), len(mail.outbox)) == (1, 1)


def test_a_racing_second_press_makes_no_second_account(japanese, typed, monkeypatch):
    """Both requests read the draft, and both find the address free, before either is done."""
    japanese.post(SIGNUP, typed)
    draft = japanese.session[SESSION_KEY]
    japanese.post(CONFIRM)
    session = japanese.session
    session[SESSION_KEY] = draft
    session.save()
    monkeypatch.setattr(
        "allauth.account.internal.flows.manage_email.email_already_exists",
        lambda email, **kwargs: (email, False),
    )
    response = japanese.post(CONFIRM)
    assert (response.status_code, response.url) == (302, SENT)
    assert (get_user_model().objects.count(), len(mail.outbox)) == (1, 1)
    assert Registration.objects.get().token.hex == draft["token"].replace("-", "")


def test_an_unconfirmed_signup_does_not_touch_the_prospect(japanese, typed):
    """Account takeover: somebody signs up with the address of a person in the list."""
    prospect = make_member(
        email="yoko@example.jp", family_name="田中", attributes={"prefecture": "Kyoto"}
    )
    japanese.post(SIGNUP, typed | {"family_name": "悪", "given_name": "人"})
    japanese.post(CONFIRM)
    prospect.refresh_from_db()
    assert (prospect.user, prospect.status, prospect.family_name) == (None, "prospect", "田中")
    assert prospect.attributes == {"prefecture": "Kyoto"}
    assert Member.objects.count() == 1
    response = japanese.get("/crm/me/")
    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/crm/me/")


def test_an_address_that_only_looks_like_the_prospects_is_written_to_as_the_prospects(
    japanese, typed
):
    make_member(email="master@example.jp", code="C1")
    japanese.post(SIGNUP, typed | {"email": "maſter@example.jp"})
    japanese.post(CONFIRM)
    assert [message.to for message in mail.outbox] == [["master@example.jp"]]
    assert EmailAddress.objects.get().email == "master@example.jp"


def test_the_confirmed_prospect_becomes_the_member(japanese, typed):
    prospect = make_member(email="YOKO@example.jp", code="A1")
    japanese.post(SIGNUP, typed)
    japanese.post(CONFIRM)
    japanese.post(confirmation_link())
    member = Member.objects.get()
    assert (member.pk, member.code, member.status) == (prospect.pk, "A1", "registered")


def test_whoever_confirms_for_somebody_else_is_warned(japanese, typed):
    japanese.post(SIGNUP, typed)
    japanese.post(CONFIRM)
    link = confirmation_link()
    warning = "心当たりがない場合は、このページを閉じてください。"
    assert warning in Client(headers={"Accept-Language": "ja"}).get(link).text
    assert warning not in japanese.get(link).text


def test_with_a_code_only_the_browser_that_registered_can_confirm(japanese, typed, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    japanese.post(SIGNUP, typed)
    response = japanese.post(CONFIRM)
    code = re.search(r"^[A-Z0-9-]{6,}$", mail.outbox[-1].body, re.MULTILINE)[0]
    assert Client().post(response.url, {"code": code}).status_code == 302
    assert Member.objects.count() == 0
    japanese.post(response.url, {"code": code})
    assert Member.objects.get().email == "yoko@example.jp"


def test_confirming_twice_registers_once(japanese, typed):
    japanese.post(SIGNUP, typed)
    japanese.post(CONFIRM)
    link = confirmation_link()
    japanese.post(link)
    first = Member.objects.get().registered_at
    japanese.post(link)
    assert Member.objects.get().registered_at == first


def test_an_address_that_has_an_account_looks_the_same_from_outside(japanese, typed):
    make_user("yoko@example.jp")
    assert japanese.post(SIGNUP, typed).url == CONFIRM
    response = japanese.post(CONFIRM)
    assert (response.status_code, response.url) == (302, SENT)
    assert get_user_model().objects.count() == 1
    assert Registration.objects.count() == 0


def test_a_former_member_registers_again(japanese, typed):
    japanese.post(SIGNUP, typed)
    japanese.post(CONFIRM)
    japanese.post(confirmation_link())
    member = Member.objects.get()
    actions.withdraw_member(member=member)
    japanese.logout()
    japanese.cookies["django_language"] = "ja"
    cache.clear()  # allauth writes to one address once in three minutes
    japanese.post(SIGNUP, typed | {"given_name": "洋子"})
    japanese.post(CONFIRM)
    japanese.post(confirmation_link())
    again = Member.objects.get()
    assert (again.pk, again.status, again.given_name) == (member.pk, "registered", "洋子")
    assert EmailAddress.objects.filter(verified=True).count() == 1


def test_attribute_choices_are_checked_when_registering(japanese, typed):
    japanese.post(SIGNUP, typed | {"attribute_prefecture": "Atlantis"})
    form = japanese.get(SIGNUP).context["form"]
    assert list(form.errors) == ["attribute_prefecture"]


def test_draft_without_a_new_password_keeps_the_earlier_one(rf):
    session = {}
    data = rf.post("/", {"password1": "secret", "name": ["a", "b"]}).POST
    SignupDraft.keep(session, data, None, {"name"})
    first = SignupDraft.of(session)
    SignupDraft.keep(session, rf.post("/", {"password1": "", "name": "c"}).POST, first, {"name"})
    second = SignupDraft.of(session)
    assert first.values == {"name": ["a", "b"]}
    assert (second.values, second.password) == ({"name": ["c"]}, first.password)
    assert second.token != first.token


def test_nobody_fills_our_disk_through_the_form(japanese, typed):
    japanese.post(SIGNUP, typed | {"stuffing": "x" * 10_000, "email": "no address"})
    kept = japanese.session[SESSION_KEY]["values"]
    assert "stuffing" not in kept
    assert kept["family_name"] == ["田中"]
    japanese.post(SIGNUP, typed | {"family_name": "x" * 200_000})
    assert japanese.session[SESSION_KEY]["values"] == {}
    assert japanese.get(SIGNUP).status_code == 200
