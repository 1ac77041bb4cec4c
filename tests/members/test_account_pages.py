"""The pages of allauth that members meet: our words, the frame of the portal, plain errors."""

import re

import pytest
from django.core import mail

from tests.members.factories import PASSWORD, make_user
from wagtail_crm.members import actions

pytestmark = pytest.mark.django_db
ADDRESS = "yoko@example.jp"


@pytest.fixture
def member(japanese):
    user = make_user(ADDRESS)
    actions.register_member(user=user, verified_email=ADDRESS)
    japanese.post("/accounts/login/", {"login": ADDRESS, "password": PASSWORD})
    return japanese


def heading(response):
    return re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", response.text)[1]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("login/", "ログイン"),
        ("password/reset/", "パスワードの再設定"),
        ("password/reset/done/", "メールをご確認ください"),
        ("password/reset/key/abc-def-123/", "このリンクは無効です"),
        ("password/reset/key/done/", "パスワードを変更しました"),
        ("confirm-email/MTIz:1aaaa:bbbbbb/", "このリンクは無効です"),
    ],
)
def test_pages_before_signing_in(japanese, path, words):
    response = japanese.get(f"/accounts/{path}")
    assert heading(response) == words
    assert response.text.count('<div class="crm-portal">') == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("email/", "メールアドレスを変更する"),
        ("password/change/", "パスワードを変更する"),
        ("reauthenticate/", "ご本人の確認"),
        ("password/reset/key/done/", "パスワードを変更しました"),
        ("confirm-email/MTIz:1aaaa:bbbbbb/", "このリンクは使用済みか、有効期限が切れています"),
    ],
)
def test_pages_of_members(member, path, words):
    assert heading(member.get(f"/accounts/{path}")) == words


def test_second_click_on_the_link_leads_a_member_on(member):
    page = member.get("/accounts/confirm-email/MTIz:1aaaa:bbbbbb/").text
    assert re.findall(r'class="crm-button[^"]*" href="([^"]+)"', page) == [
        "/crm/me/",
        "/accounts/email/",
    ]


def test_forms_leave_errors_to_the_site_and_not_to_the_browsers_language(japanese):
    page = japanese.post("/accounts/login/", {"login": "", "password": ""}).text
    assert re.findall(r"<form[^>]*crm-form--account[^>]*novalidate>", page)
    assert re.findall(r'<a href="#(id_\w+)">', page) == ["id_login", "id_password"]
    assert "Eメール" not in page


def test_mails_about_passwords_are_written_by_the_site(member):
    member.logout()
    member.cookies["django_language"] = "ja"
    member.post("/accounts/password/reset/", {"email": ADDRESS})
    member.post("/accounts/password/reset/", {"email": "nobody@example.jp"})
    assert [message.subject for message in mail.outbox] == [
        "【Hidamari】パスワードの再設定",
        "【Hidamari】会員登録が見つかりませんでした",
    ]
    assert all("こんにちは" not in message.body for message in mail.outbox)
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)[1]
    assert heading(member.get(link, follow=True)) == "パスワードの再設定"
