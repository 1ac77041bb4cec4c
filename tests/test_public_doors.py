"""The public addresses: who only looks changes nothing, and nobody acts for somebody else."""

import json

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import get_resolver, reverse

from tests.addresses import PARAMETER, addresses
from tests.mail.factories import CHROME, make_campaign
from tests.members.factories import PASSWORD, make_registered_member
from tests.surveys.factories import BAKE, BREAD, make_survey
from wagtail_crm.loyalty.models import Entry
from wagtail_crm.mail import actions as mailing
from wagtail_crm.mail.addresses import sign
from wagtail_crm.mail.models import Delivery
from wagtail_crm.members.actions import record_consent
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.surveys.models import SurveyResponse

pytestmark = pytest.mark.django_db

# Their own token is all the proof there is; everywhere else a POST needs that of its page.
BY_TOKEN = ("/crm/mail/u/", "/crm/mail/s/")
MAIL = {"o": "open", "c": "click", "u": "unsubscribe", "s": "subscribe"}
STATE = [Member, ConsentRecord, Entry, SurveyResponse, EmailAddress, get_user_model()]


@pytest.fixture
def member():
    member = make_registered_member("yoko@example.jp", family_name="田中")
    record_consent(member=member, purpose="email", granted=True, source="test")
    return member


@pytest.fixture
def delivery(member):
    campaign = mailing.start_campaign(campaign=make_campaign())
    return Delivery.objects.get(campaign=campaign)


@pytest.fixture
def doors(member, delivery):
    """Every public address of the CRM, and a survey."""
    numbers = {
        "open": [delivery.pk],
        "click": [delivery.pk, 1],
        "unsubscribe": [delivery.pk, member.pk],
        "subscribe": [member.pk],
    }
    found = [make_survey().url, "/accounts/signup/", "/accounts/signup/confirm/"]
    for route, _view in addresses(get_resolver().url_patterns):
        if route.startswith("crm/"):
            purpose = MAIL.get(route.split("/")[2], "")
            token = sign(purpose, *numbers[purpose]) if PARAMETER.search(route) else ""
            found.append("/" + PARAMETER.sub(token.replace("\\", ""), route))
    return found


@pytest.fixture
def inside(member):
    client = Client(enforce_csrf_checks=True, headers={"User-Agent": CHROME})
    client.force_login(member.user)
    return client


def state():
    rows = {model._meta.label: list(model.objects.order_by("pk").values()) for model in STATE}
    return json.dumps(rows, default=str)


def test_looking_changes_nothing(inside, doors):
    before = state()

    for address in doors:
        inside.get(address)
        inside.head(address)

    assert len(doors) > 15
    assert state() == before


def test_a_form_on_another_site_changes_nothing(inside, doors, delivery):
    before = state()
    everything = {
        "answer": "yes",
        "confirm": "yes",
        "data": "erase",
        "granted": "no",
        "purpose": "email",
        "language": "en",
        "family_name": "Evil",
        "given_name": "Evil",
        "email": "evil@example.jp",
        "password1": PASSWORD,
        "password2": PASSWORD,
        BAKE: [BREAD],
        "send": "",
    }
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    found = {
        address: inside.post(address, everything, headers=foreign).status_code
        for address in doors
        if not address.startswith(BY_TOKEN)
    }

    assert set(found.values()) <= {403, 405}, found
    assert state() == before


def test_a_token_opens_the_door_of_one_member_and_purpose(client, member, delivery):
    other = make_registered_member("other@example.jp")
    record_consent(member=other, purpose="email", granted=True, source="test")
    token = sign("unsubscribe", delivery.pk, member.pk)
    value, _dot, signature = token.rpartition(".")
    forged = [
        f"{sign('unsubscribe', delivery.pk, other.pk).rpartition('.')[0]}.{signature}",
        sign("open", delivery.pk, other.pk),
        sign("subscribe", delivery.pk, other.pk),
        value,
        f"{value}.",
        f".{signature}",
        f"{token}x",
        token.swapcase(),
    ]

    codes = {
        client.post(reverse("wagtail_crm_mail:unsubscribe", args=[each])).status_code
        for each in forged
        if each
    }

    assert codes == {404}
    assert Member.objects.consented_to("email").count() == 2
    client.post(reverse("wagtail_crm_mail:unsubscribe", args=[token]))
    assert list(Member.objects.consented_to("email")) == [other]


def test_members_reach_nobody_elses_record(inside, member):
    """My page has no address that names a member: whose it is, the session says."""
    other = make_registered_member("other@example.jp", family_name="Secret")
    data = {"member": other.pk, "pk": other.pk, "user": other.user_id, "id": other.pk}
    for address in ("/crm/me/", "/crm/me/profile/", "/crm/me/settings/", "/crm/me/points/"):
        response = inside.get(address, data)
        assert "Secret" not in response.text
        assert response.context["member"] == member


def test_cookies_can_be_kept_from_other_sites_of_the_domain(client, settings):
    names = {"VISITOR_COOKIE_NAME": "__Host-v", "CONSENT_COOKIE_NAME": "__Host-c"}
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | names
    same = {"Origin": "https://testserver", "User-Agent": CHROME}
    consent = reverse("wagtail_crm_tracking:consent")

    client.post(consent, {"answer": "yes"}, secure=True, headers=same)
    client.get("/", secure=True, headers=same)

    # Scripts may read the answer, so that that of the beacon is silent after a no.
    for name, hidden in (("__Host-v", True), ("__Host-c", "")):
        cookie = client.cookies[name]
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        assert (cookie["httponly"], cookie["samesite"]) == (hidden, "Lax")
    client.post(consent, {"answer": "no"}, secure=True, headers=same)
    gone = client.cookies["__Host-v"]
    assert (gone.value, gone["secure"], gone["max-age"]) == ("", True, 0)
