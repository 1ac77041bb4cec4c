"""A mail to a segment: the campaign decides who gets it, and whether it may be sent."""

import uuid

import pytest
from django.urls import reverse
from wagtail.log_actions import registry as log_registry

from tests.mail.factories import make_campaign, make_reader, make_segment
from tests.members.factories import make_member, make_user
from tests.segments.posting import ENGLISH
from wagtail_crm.mail.models import Campaign, Delivery, Suppression
from wagtail_crm.segments.models import SegmentRun
from wagtail_crm.segments.runs.action import actions_for
from wagtail_crm.segments.runs.actions import RUN_ACTION

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(client):
    user = make_user("chief@example.jp", is_superuser=True, is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def segment(db):
    blocked = make_reader(email="blocked@example.jp")
    Suppression.objects.create(email_key=blocked.email_key, reason="bounce")
    silent = make_member(email="silent@example.jp")
    return make_segment(make_reader(), make_reader(), blocked, silent, name="Bakers")


def send(client, segment, **said):
    url = reverse("crm_segment_act_on", args=[segment.pk, "mail"])
    return client.post(url, said, **ENGLISH)


def start(client, segment, **said):
    return send(client, segment, step="start", key=said.pop("key", uuid.uuid4()), **said)


def test_the_dry_run_says_who_gets_it_and_why_others_do_not(chief, client, segment):
    html = send(client, segment, what="write").text

    assert "<strong>2</strong> members are concerned" in html
    assert "<strong>1</strong> without consent to e-mail" in html
    assert "<strong>1</strong> with a blocked address" in html


def test_a_new_mail_is_a_draft_for_this_segment(chief, client, segment):
    response = start(client, segment, what="write")

    campaign = Campaign.objects.get()
    assert response["Location"] == reverse("crm_campaign:edit", args=[campaign.pk])
    assert (campaign.status, list(campaign.included.all())) == ("draft", [segment])
    assert campaign.name == "Mail to “Bakers”"


def test_a_ready_mail_is_sent_to_those_who_agreed(chief, client, segment):
    campaign = make_campaign(name="Autumn", everybody=True)

    response = start(client, segment, what="send", campaign=campaign.pk)

    campaign.refresh_from_db()
    assert response["Location"] == reverse("crm_campaign:inspect", args=[campaign.pk])
    assert (campaign.status, campaign.recipients, campaign.everybody) == ("sending", 2, False)
    [entry] = log_registry.get_logs_for_instance(segment).filter(action=RUN_ACTION)
    assert entry.message == "Send the mail “Autumn” – 4 members"


def test_pressing_twice_sends_once(chief, client, segment):
    campaign, key = make_campaign(), uuid.uuid4()

    first, second = (
        start(client, segment, what="send", campaign=campaign.pk, key=key) for _time in range(2)
    )

    assert first["Location"] == second["Location"]
    assert (Delivery.objects.count(), SegmentRun.objects.count()) == (2, 1)


def test_many_recipients_are_asked_about_once_more(chief, client, segment, settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"CONFIRM_ABOVE": 1}
    campaign = make_campaign()

    assert (
        "Go on to the last question before sending"
        in send(client, segment, what="send", campaign=campaign.pk).text
    )
    response = start(client, segment, what="send", campaign=campaign.pk)

    campaign.refresh_from_db()
    assert response["Location"] == reverse("crm_campaign:send", args=[campaign.pk])
    assert (campaign.status, list(campaign.included.all())) == ("draft", [segment])


def test_a_mail_that_is_not_ready_is_not_sent_and_says_why(chief, client, segment):
    campaign = make_campaign(subject="")

    html = send(client, segment, what="send", campaign=campaign.pk).text
    assert "There is no subject. Write one." in html
    assert 'value="start"' not in html

    html = start(client, segment, what="send", campaign=campaign.pk).text
    assert "There is no subject. Write one." in html
    assert (Delivery.objects.count(), SegmentRun.objects.count()) == (0, 0)


def test_who_may_not_send_may_write(client, segment):
    from django.contrib.auth.models import Permission  # noqa: PLC0415

    user = make_user("writer@example.jp", is_staff=True)
    codes = ["access_admin", "view_segment", "add_campaign", "change_campaign"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    campaign = make_campaign()

    assert [action.slug for action in actions_for(user)] == ["mail"]
    refused = start(client, segment, what="send", campaign=campaign.pk)
    assert "Select a valid choice" in refused.text
    assert start(client, segment, what="write").status_code == 302
    assert Delivery.objects.count() == 0
