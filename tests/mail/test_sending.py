import asyncio
import datetime

import pytest
from django.db import connection
from django.utils import timezone
from wagtail import hooks

from tests.mail.factories import make_campaign, make_many_readers, make_reader, make_readers, text
from wagtail_crm.mail import actions, sending
from wagtail_crm.mail.models import Campaign, Delivery, Suppression
from wagtail_crm.mail.tasks import sweep
from wagtail_crm.mail.transport import Answer, Verdict
from wagtail_crm.members.actions import withdraw_member
from wagtail_crm.members.placeholders import Placeholder
from wagtail_crm.registry import clear_registries
from wagtail_crm.tracking.models import DailyTotal, Event

pytestmark = pytest.mark.django_db


def states(campaign):
    return campaign.deliveries.all().counts()


def test_a_campaign_reaches_everybody_once(smtp_sink):
    readers = make_readers(3)
    campaign = actions.start_campaign(campaign=make_campaign())

    assert sending.deliver_batch(campaign.pk) == 3
    assert sending.deliver_batch(campaign.pk) == 0

    assert sorted(to for [to] in smtp_sink.recipients) == sorted(r.email for r in readers)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.recipients, campaign.sent) == ("sent", 3, 3)
    assert Event.objects.of_kinds("mail_sent").about(f"campaign:{campaign.pk}").count() == 3
    assert DailyTotal.objects.of_kinds("mail_sent").count() == 3


def test_the_message_id_is_the_same_for_every_attempt(smtp_sink):
    make_reader()
    campaign = actions.start_campaign(campaign=make_campaign())
    sending.deliver_batch(campaign.pk)
    Delivery.objects.update(status="pending", sent_at=None)
    Campaign.objects.update(status="sending")

    sending.deliver_batch(campaign.pk)

    first, second = (message["Message-ID"] for message in smtp_sink.messages)
    assert first == second == Delivery.objects.get().message_id


def test_who_unsubscribes_meanwhile_is_left_out(smtp_sink):
    stays, leaves, withdraws = make_readers(3)
    campaign = actions.start_campaign(campaign=make_campaign())
    actions.unsubscribe(member_id=leaves.pk)
    withdraw_member(member=withdraws)

    sending.deliver_batch(campaign.pk)

    assert smtp_sink.recipients == [[stays.email]]
    reasons = dict(Delivery.objects.values_list("member_id", "reason"))
    assert reasons == {stays.pk: "", leaves.pk: "no_consent", withdraws.pk: "left"}
    campaign.refresh_from_db()
    assert (campaign.status, campaign.sent, campaign.skipped) == ("sent", 1, 2)


def test_a_mailbox_that_does_not_exist_is_blocked(smtp_sink):
    reader, other = make_readers(2)
    smtp_sink.refuse[reader.email] = "550 5.1.1 User unknown"
    campaign = actions.start_campaign(campaign=make_campaign())

    sending.deliver_batch(campaign.pk)

    failed = Delivery.objects.get(member=reader)
    assert (failed.status, failed.reason, failed.error) == (
        "failed",
        "refused",
        "550 5.1.1 User unknown",
    )
    assert Suppression.objects.get().email_key == reader.email_key
    assert Event.objects.of_kinds("mail_bounce").get().member == reader
    assert smtp_sink.recipients == [[other.email]]
    campaign.refresh_from_db()
    assert (campaign.status, campaign.sent, campaign.failed) == ("sent", 1, 1)


@pytest.mark.parametrize("settle", ["fail", "put off"])
def test_what_a_server_says_of_somebody_forgotten_meanwhile_is_not_kept(settle):
    reader = make_reader(email="gone@example.jp")
    campaign = actions.start_campaign(campaign=make_campaign())
    [delivery] = actions.claim_batch(campaign_id=campaign.pk).deliveries
    withdraw_member(member=reader, erase=True)

    words = "550 5.1.1 gone@example.jp unknown"
    if settle == "fail":
        answer = Answer(Verdict.NO_MAILBOX, words)
        actions.fail_delivery(delivery=delivery, answer=answer, campaign_name="x")
    else:
        actions.put_off(delivery=delivery, words=words)

    assert Delivery.objects.get().error == ""
    assert not Suppression.objects.exists()
    assert not Event.objects.of_kinds("mail_bounce").exists()


def test_a_mail_refused_for_its_content_blocks_no_address(smtp_sink):
    reader = make_reader()
    smtp_sink.refuse[reader.email] = "550 5.7.1 Looks like spam"
    campaign = actions.start_campaign(campaign=make_campaign())

    sending.deliver_batch(campaign.pk)

    assert Delivery.objects.get().status == "failed"
    assert not Suppression.objects.exists()


def test_a_mailbox_that_is_busy_is_tried_again_later(smtp_sink, settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"MAIL_ATTEMPTS": 2}
    reader = make_reader()
    smtp_sink.refuse[reader.email] = "451 4.2.2 Try again later"
    campaign = actions.start_campaign(campaign=make_campaign())

    sending.deliver_batch(campaign.pk)

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("pending", 1)
    assert delivery.due_at > timezone.now() + datetime.timedelta(seconds=50)
    assert sending.deliver_batch(campaign.pk) == 0
    Delivery.objects.update(due_at=timezone.now())
    sending.deliver_batch(campaign.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.reason) == ("failed", "unreachable")


def test_nothing_is_lost_while_the_mail_server_is_away(smtp_sink, settings):
    make_readers(2)
    campaign = actions.start_campaign(campaign=make_campaign())
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1

    sending.deliver_batch(campaign.pk)

    campaign.refresh_from_db()
    assert campaign.status == "sending"
    assert "refused" in campaign.fault
    assert states(campaign)["pending"] == 2
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}
    settings.EMAIL_PORT = port
    Delivery.objects.update(due_at=timezone.now())
    sending.deliver_batch(campaign.pk)
    assert len(smtp_sink.messages) == 2


def test_a_sender_that_the_server_refuses_pauses_the_campaign(smtp_sink):
    make_readers(2)

    async def handle_MAIL(server, session, envelope, address, options):
        return "550 5.7.1 Sender not allowed"

    smtp_sink.handle_MAIL = handle_MAIL
    campaign = actions.start_campaign(campaign=make_campaign())

    sending.deliver_batch(campaign.pk)

    campaign.refresh_from_db()
    assert (campaign.status, campaign.fault) == ("paused", "550 5.7.1 Sender not allowed")
    assert states(campaign)["pending"] == 2


def test_what_a_dead_worker_had_in_hand_is_sent_after_its_lease(smtp_sink, settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"MAIL_LEASE": 60}
    make_readers(2)
    campaign = actions.start_campaign(campaign=make_campaign())
    actions.claim_batch(campaign_id=campaign.pk)

    assert actions.recover_claims() == 0
    assert sending.deliver_batch(campaign.pk) == 0
    Delivery.objects.update(claimed_at=timezone.now() - datetime.timedelta(seconds=61))
    assert actions.recover_claims() == 2
    sending.deliver_batch(campaign.pk)

    assert len(smtp_sink.messages) == 2


@pytest.mark.django_db(transaction=True)
def test_pausing_stops_within_a_batch_and_resuming_finishes_it(smtp_sink, settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"MAIL_CONNECTIONS": 1}
    make_readers(5)
    campaign = actions.start_campaign(campaign=make_campaign())
    receive = smtp_sink.handle_DATA

    def pause():
        actions.pause_campaign(campaign=campaign)
        connection.close()

    async def handle(server, session, envelope):
        reply = await receive(server, session, envelope)
        if len(smtp_sink.messages) == 2:
            await asyncio.to_thread(pause)
            await asyncio.sleep(sending.LOOK)
        return reply

    smtp_sink.handle_DATA = handle

    sending.deliver_for_a_while(campaign.pk)

    assert len(smtp_sink.messages) == 2
    assert states(campaign)["pending"] == 3
    assert not sending.deliver_for_a_while(campaign.pk)
    actions.resume_campaign(campaign=campaign)
    sending.deliver_for_a_while(campaign.pk)
    assert len(smtp_sink.messages) == 5
    campaign.refresh_from_db()
    assert (campaign.status, campaign.sent) == ("sent", 5)


@pytest.mark.django_db(transaction=True)
def test_several_connections_send_to_nobody_twice(smtp_sink, settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"MAIL_CONNECTIONS": 4, "MAIL_BATCH_SIZE": 5}
    readers = make_many_readers(60)
    campaign = actions.start_campaign(campaign=make_campaign())

    assert not sending.deliver_for_a_while(campaign.pk)

    assert sorted(to for [to] in smtp_sink.recipients) == sorted(r.email for r in readers)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.sent) == ("sent", 60)
    assert Event.objects.of_kinds("mail_sent").count() == 60


def test_a_server_that_ends_the_connection_is_asked_again(smtp_sink):
    make_readers(3)
    asked = []

    async def handle_MAIL(server, session, envelope, address, options):
        asked.append(address)
        if len(asked) == 2:
            return "421 4.7.0 Too many mails for one connection"
        envelope.mail_from = address
        return "250 OK"

    smtp_sink.handle_MAIL = handle_MAIL
    campaign = actions.start_campaign(campaign=make_campaign())

    sending.deliver_batch(campaign.pk)

    assert len(smtp_sink.messages) == 3
    assert len(asked) == 4
    assert states(campaign)["sent"] == 3


def test_cancelling_leaves_out_the_rest(smtp_sink):
    make_readers(2)
    campaign = actions.start_campaign(campaign=make_campaign())

    actions.cancel_campaign(campaign=campaign)

    assert sending.deliver_batch(campaign.pk) == 0
    campaign.refresh_from_db()
    assert (campaign.status, campaign.skipped) == ("cancelled", 2)
    assert set(Delivery.objects.values_list("status", "reason")) == {("skipped", "cancelled")}


def test_one_members_broken_data_does_not_stop_the_others(smtp_sink, registries):
    def value(member):
        if member.code == "bad":
            raise RuntimeError("broken")
        return "fine"

    bad, good = make_reader(code="bad"), make_reader()
    with hooks.register_temporarily(
        "register_crm_placeholders", lambda: [Placeholder("fragile", "Fragile", value)]
    ):
        clear_registries()
        campaign = actions.start_campaign(campaign=make_campaign(text("<p>{{ fragile }}</p>")))
        sending.deliver_batch(campaign.pk)

    assert smtp_sink.recipients == [[good.email]]
    assert Delivery.objects.get(member=bad).status == "pending"
    assert "broken" in Delivery.objects.get(member=bad).error


def test_events_that_were_not_written_are_written_by_the_sweeper(smtp_sink):
    make_reader()
    campaign = actions.start_campaign(campaign=make_campaign())
    batch = actions.claim_batch(campaign_id=campaign.pk)
    actions.mark_sent(delivery=batch.deliveries[0], message_id="<x@y>")
    sweep()

    assert Event.objects.of_kinds("mail_sent").count() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.sent) == ("sent", 1)
