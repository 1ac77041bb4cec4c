import pytest
from django.core import mail

from tests.members.factories import PASSWORD, make_registered_member

pytestmark = pytest.mark.django_db


def log_in(client, member):
    return client.post("/accounts/login/", {"login": member.email, "password": PASSWORD}).url


def test_people_land_on_my_page(client):
    assert log_in(client, make_registered_member()) == "/crm/me/"


def test_people_land_where_the_site_says(client, settings):
    settings.LOGIN_REDIRECT_URL = "/welcome/"
    assert log_in(client, make_registered_member()) == "/welcome/"


def test_mails_have_no_prefix_unless_the_site_wants_one(client, settings):
    member = make_registered_member()
    client.cookies["django_language"] = "en"
    client.post("/accounts/password/reset/", {"email": member.email})
    settings.ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Shop] "
    other = make_registered_member()
    client.post("/accounts/password/reset/", {"email": other.email})
    assert [message.subject for message in mail.outbox] == [
        "A new password for Hidamari",
        "[Shop] A new password for Hidamari",
    ]


def test_mails_name_the_site_and_its_address(client):
    member = make_registered_member()
    client.cookies["django_language"] = "en"
    client.post("/accounts/password/reset/", {"email": member.email})
    assert "Hidamari" in mail.outbox[0].body
    assert "http://testserver/accounts/password/reset/" in mail.outbox[0].body
