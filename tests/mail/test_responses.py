"""Opens, clicks and unsubscribing, as mail programs and people ask for them over HTTP."""

import datetime
import logging
import re

import pytest
from django.test import Client
from django.utils import timezone

from tests.mail.factories import CHROME, button, make_campaign, make_reader
from wagtail_crm.mail import actions, sending
from wagtail_crm.mail.addresses import sign
from wagtail_crm.mail.models import Click, Delivery
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db

OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Microsoft Outlook 16.0)"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
LINKS = [button(f"Link {number}", f"https://shop.example/{number}") for number in range(4)]


class Mailbox:
    """A sent mail, and what can be done with it."""

    def __init__(self, sink, *parts, sent=datetime.timedelta(minutes=5)):
        self.member = make_reader()
        self.campaign = actions.start_campaign(campaign=make_campaign(*parts))
        sending.deliver_batch(self.campaign.pk)
        Delivery.objects.update(sent_at=timezone.now() - sent)
        self.message = sink.messages[-1]
        html = self.message.get_body(("html",)).get_content()
        self.pixel = self.path(re.search(r'src="([^"]*/mail/o/[^"]*)"', html)[1])
        self.links = [self.path(url) for url in re.findall(r'href="([^"]*/mail/c/[^"]*)"', html)]
        self.unsubscribe = self.path(self.message["List-Unsubscribe"].strip(" <>"))

    @staticmethod
    def path(url):
        return "/" + url.split("/", 3)[3]

    @property
    def delivery(self):
        return Delivery.objects.get()

    def numbers(self):
        self.campaign.refresh_from_db()
        return self.campaign.opened, self.campaign.clicked, self.campaign.unsubscribed

    def events(self):
        """(kind, machine) of what came back, oldest first."""
        events = Event.objects.exclude(kind__in=["mail_sent", "consent"]).order_by("at", "kind")
        return [(event.kind, event.data.get("machine")) for event in events]


@pytest.fixture
def client():
    return Client(headers={"User-Agent": CHROME})


def test_opening_counts_once_however_often(client, smtp_sink):
    box = Mailbox(smtp_sink)

    first, second = client.get(box.pixel), client.get(box.pixel)

    assert first.status_code == second.status_code == 200
    assert first["Content-Type"] == "image/gif"
    assert "no-store" in first["Cache-Control"]
    assert box.numbers() == (1, 0, 0)
    assert box.delivery.opened_at is not None
    assert ("mail_open", False) in box.events()
    event = Event.objects.of_kinds("mail_open").first()
    assert (event.member, event.subject) == (box.member, f"campaign:{box.campaign.pk}")
    assert event.data["campaign"] == box.campaign.name


def test_a_click_leads_to_the_link_and_is_an_opening_too(client, smtp_sink):
    box = Mailbox(smtp_sink, *LINKS)

    response = client.get(box.links[1])

    assert (response.status_code, response["Location"]) == (302, "https://shop.example/1")
    assert response["Referrer-Policy"] == "no-referrer"
    assert box.numbers() == (1, 1, 0)
    link = box.campaign.links.get(url="https://shop.example/1")
    assert (link.clicked, link.text) == (1, "Link 1")
    event = Event.objects.of_kinds("mail_click").get()
    assert event.data["link"] == "Link 1"
    client.get(box.links[1])
    link.refresh_from_db()
    assert (box.numbers(), link.clicked) == ((1, 1, 0), 1)


@pytest.mark.parametrize("what", ["pixel", "click", "unsubscribe"])
def test_a_tampered_link_is_refused_and_logged(client, smtp_sink, caplog, what):
    box = Mailbox(smtp_sink)
    path = {"pixel": box.pixel, "click": box.links[0], "unsubscribe": box.unsubscribe}[what]
    token = path.rstrip("/").rsplit("/", 1)[1]
    tampered = path.replace(token, "2" + token[1:])

    with caplog.at_level(logging.WARNING):
        responses = [client.get(tampered), client.post(tampered)]

    assert [response.status_code for response in responses] == [404, 404]
    assert all("Location" not in response for response in responses)
    assert "refused" in caplog.text
    assert box.numbers() == (0, 0, 0)
    assert Member.objects.consented_to("email").count() == 1


def test_a_link_of_another_campaign_is_not_followed(client, smtp_sink):
    box = Mailbox(smtp_sink)
    other = make_campaign()
    link = other.links.create(key="x", url="https://evil.example/")

    response = client.get(f"/crm/mail/c/{sign('click', box.delivery.pk, link.pk)}/")

    assert response.status_code == 404
    assert Click.objects.count() == 0


def test_nobody_can_have_a_link_lead_elsewhere(client, smtp_sink):
    box = Mailbox(smtp_sink)

    response = client.get(box.links[0] + "?url=https://evil.example/&next=https://evil.example/")

    assert response["Location"] == "https://shop.example/kit"


def test_looking_at_the_unsubscribe_page_changes_nothing(client, smtp_sink):
    box = Mailbox(smtp_sink)

    for method in (client.get, client.head):
        assert method(box.unsubscribe).status_code == 200

    assert Member.objects.consented_to("email").count() == 1
    assert box.numbers() == (0, 0, 0)
    assert box.delivery.unsubscribed_at is None


def test_unsubscribing_with_the_button_and_changing_ones_mind(client, smtp_sink):
    box = Mailbox(smtp_sink)

    page = client.post(box.unsubscribe)

    assert page.status_code == 200
    assert not Member.objects.consented_to("email").exists()
    assert box.numbers() == (0, 0, 1)
    assert box.events() == [("mail_unsubscribe", None)]
    assert ConsentRecord.objects.current().get().source == "mail"
    again = re.search(r'action="([^"]*/mail/s/[^"]*)"', page.content.decode())[1]
    assert client.get(again).status_code == 200
    assert not Member.objects.consented_to("email").exists()
    client.post(again)
    assert Member.objects.consented_to("email").get() == box.member


def test_one_click_of_a_mail_program(smtp_sink):
    """RFC 8058: a POST without cookies, without a CSRF token, from nowhere."""
    box = Mailbox(smtp_sink)
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(box.unsubscribe, {"List-Unsubscribe": "One-Click"})

    assert (response.status_code, response.content) == (200, b"")
    assert not response.cookies
    assert not Member.objects.consented_to("email").exists()
    strict.post(box.unsubscribe, {"List-Unsubscribe": "One-Click"})
    assert box.numbers() == (0, 0, 1)
    assert Event.objects.of_kinds("mail_unsubscribe").count() == 1


def test_unsubscribing_works_after_the_campaign_was_deleted(client, smtp_sink):
    box = Mailbox(smtp_sink)
    box.campaign.delete()

    assert client.post(box.unsubscribe).status_code == 200

    assert not Member.objects.consented_to("email").exists()


def test_the_link_in_a_test_mail_unsubscribes_nobody(client, smtp_sink):
    reader = make_reader()
    campaign = make_campaign()
    actions.send_test(campaign=campaign, to="editor@example.org", member=reader)
    [message] = smtp_sink.messages

    path = Mailbox.path(
        re.search(r"http\S+/mail/u/\S+", message.get_body(("plain",)).get_content())[0]
    )

    assert client.post(path).status_code == 200
    assert Member.objects.consented_to("email").get() == reader
    assert "List-Unsubscribe" not in message
    assert message["Subject"].startswith("【テスト】")
    assert "/mail/c/" not in message.get_body(("html",)).get_content()


@pytest.mark.parametrize(
    ("agent", "minutes", "machine"),
    [
        (CHROME, 5, False),
        (OUTLOOK, 5, False),
        ("Mozilla/5.0", 5, True),
        (GMAIL, 5, False),
        (GMAIL, 0, True),
        ("python-requests/2.31", 5, True),
        ("", 5, True),
    ],
)
def test_programs_that_open_are_told_from_people(smtp_sink, agent, minutes, machine):
    box = Mailbox(smtp_sink, sent=datetime.timedelta(minutes=minutes))

    Client(headers={"User-Agent": agent}).get(box.pixel)

    assert box.numbers() == (0 if machine else 1, 0, 0)
    assert box.events() == [("mail_open", machine)]


def test_a_scanner_that_follows_every_link_at_once_is_no_reader(client, smtp_sink):
    box = Mailbox(smtp_sink, *LINKS, sent=datetime.timedelta(seconds=2))

    for path in box.links:
        assert client.get(path).status_code == 302

    assert box.numbers() == (0, 0, 0)
    assert box.delivery.clicked_at is None
    assert box.delivery.opened_at is None
    assert set(box.campaign.links.values_list("clicked", flat=True)) == {0}
    assert box.events() == [("mail_click", True)] * 4
    Delivery.objects.update(sent_at=timezone.now() - datetime.timedelta(minutes=5))
    client.get(box.links[0])
    assert box.numbers() == (1, 1, 0)
    assert box.campaign.links.get(url="https://shop.example/0").clicked == 1


def test_one_quick_click_is_a_readers(client, smtp_sink):
    box = Mailbox(smtp_sink, *LINKS, sent=datetime.timedelta(seconds=2))

    client.get(box.links[0])

    assert box.numbers() == (1, 1, 0)


def test_a_program_that_looks_where_a_link_leads_is_no_reader(client, smtp_sink):
    box = Mailbox(smtp_sink)

    assert client.head(box.links[0]).status_code == 302
    assert client.head(box.pixel).status_code == 200

    assert box.numbers() == (0, 0, 0)


def test_a_mail_that_was_never_sent_cannot_be_opened(client):
    make_reader()
    campaign = actions.start_campaign(campaign=make_campaign())
    delivery = campaign.deliveries.get()

    assert client.get(f"/crm/mail/o/{sign('open', delivery.pk)}/").status_code == 200

    delivery.refresh_from_db()
    assert delivery.opened_at is None
    assert not Event.objects.of_kinds("mail_open").exists()


def test_pages_speak_the_members_language(smtp_sink):
    box = Mailbox(smtp_sink)
    Member.objects.update(language="en")

    page = Client(headers={"Accept-Language": "ja"}).get(box.unsubscribe).content.decode()

    assert "Yes, unsubscribe" in page
    assert box.member.email not in page
