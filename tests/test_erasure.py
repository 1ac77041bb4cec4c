"""Somebody lives through every room and asks to be forgotten: no table may know them then."""

import json
import re

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.loyalty.factories import make_staff
from tests.mail.factories import CHROME, make_campaign
from tests.members.factories import PASSWORD, make_attribute
from tests.surveys.factories import BAKE, BREAD, WHY, make_survey
from wagtail_crm.loyalty.actions import adjust_points, spend_points
from wagtail_crm.mail import actions as mailing
from wagtail_crm.mail.models import Suppression
from wagtail_crm.mail.transport import Answer, Verdict
from wagtail_crm.members import actions
from wagtail_crm.members.models import Member
from wagtail_crm.tracking import upkeep
from wagtail_crm.tracking.actions import drain_buffer, set_aside
from wagtail_crm.tracking.events import NewEvent

pytestmark = pytest.mark.django_db(transaction=True)

# Each of them stands only where this person is spoken of.
MARKS = {
    "family_name": "Zzyzxfamily",
    "given_name": "Zzyzxgiven",
    "email": "zzyzxmail@example.jp",
    "attribute_wish": "Zzyzxwish",
}
SAID, SEARCHED, REASON, SPENT = "Zzyzxanswer", "zzyzxsearch", "Zzyzxreason", "Zzyzxspent"
CODE, REFUSAL, LANDED = "ZZYZXCODE", "550 5.1.1 zzyzxmail@example.jp unknown", "zzyzxcampaign"


def everything_kept():
    """(table, row as text) of every table, with what sessions hold in readable form."""
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values():
            yield model._meta.label, json.dumps(row, default=_readable, ensure_ascii=False)
    for session in Session.objects.all():
        yield "session", json.dumps(session.get_decoded(), ensure_ascii=False)


def _readable(value):
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode(errors="replace")
    return str(value)


def who_is_known():
    return sorted({table for table, row in everything_kept() if "zzyzx" in row.lower()})


@pytest.fixture
def person(client):
    """A member who did everything one can do."""
    make_attribute("wish", place="registration")
    page = make_survey()
    client.cookies["django_language"] = "en"
    client.defaults["HTTP_USER_AGENT"] = CHROME
    client.cookies["crm_consent"] = "1:yes"
    client.get("/", {"utm_campaign": LANDED})
    client.get(reverse("search"), {"q": SEARCHED})
    secrets = {"password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", MARKS | secrets | {"consent_email": "on"})
    client.post("/accounts/signup/confirm/")
    client.post(re.search(r"http://testserver(\S+)", mail.outbox[-1].body)[1])
    client.post(page.url, {BAKE: [BREAD], WHY: SAID, "send": ""})
    drain_buffer()
    return Member.objects.get(email=MARKS["email"])


def treat(person):
    """What colleagues, mail servers and accidents leave behind of somebody."""
    staff = make_staff()
    actions.update_member(member=person, fields={"code": CODE, "owner": staff})
    actions.tag_members(members=[person], add=["Regular"])
    adjust_points(member=person, points=50, reason=REASON, staff=staff)
    spend_points(member=person, points=10, key="order-1", label=SPENT)
    mailing.start_campaign(campaign=make_campaign())
    campaign = mailing.start_campaign(campaign=make_campaign())
    batch = mailing.claim_batch(campaign_id=campaign.pk)
    [delivery] = [each for each in batch.deliveries if each.member_id == person.pk]
    answer = Answer(Verdict.NO_MAILBOX, REFUSAL)
    mailing.fail_delivery(delivery=delivery, answer=answer, campaign_name=campaign.name)
    event = NewEvent("page_view", member_id=person.pk, data={"path": f"/{SEARCHED}/"})
    set_aside(payloads=[event.to_json()], reason=f"Duplicate: {MARKS['email']}")


def edited_by(person):
    """Changed in the admin, so that the history has the name."""
    boss = Client()
    boss.force_login(make_staff())
    fields = {"family_name": MARKS["family_name"], "given_name": "Zzyzxnew", "tags": "Regular"}
    url = reverse("crm_member:edit", args=[person.pk])
    response = boss.post(url, fields | {"code": CODE, "attribute_wish": "Zzyzxwish"})
    assert response.status_code == 302
    block = Suppression.objects.get()
    fields = {"email_key": block.email_key, "reason": "bounce", "detail": block.detail}
    response = boss.post(reverse("crm_suppression:edit", args=[block.pk]), fields)
    assert response.status_code == 302


def test_nothing_is_left_of_somebody_who_asked_to_be_forgotten(client, person):
    treat(person)
    edited_by(person)
    assert len(who_is_known()) > 10

    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/crm/me/withdraw/", {"confirm": "yes", "data": "erase"})
    drain_buffer()
    upkeep.run()

    assert who_is_known() == []
    assert Member.objects.get(pk=person.pk).status == "withdrawn"
