"""What became of a campaign: who opened it, clicked, unsubscribed, and whose mail came back."""

import datetime
import uuid

from wagtail_crm.mail import events
from wagtail_crm.mail.models import Campaign, Click, Delivery, Link, Suppression
from wagtail_crm.mail.recipients import Target, bridge, recipients, viewer_for
from wagtail_crm.mail.render import Composer
from wagtail_crm.mail.sending import link_ids
from wagtail_crm.members.models import ConsentRecord
from wagtail_crm.tracking.actions import record_events

# Of a hundred who got it.
OPEN, CLICK, UNSUBSCRIBE, BOUNCE = 0.46, 0.3, 0.012, 0.008
MAILS_A_SECOND = 20
GONE = "550 5.1.1 User unknown"


class Post:
    """The history of one campaign, written as if workers and people had made it."""

    def __init__(self, world, campaign, moment):
        self.chance = world.chance(f"letter:{campaign.name}")
        self.campaign, self.moment, self.now = campaign, moment, world.today
        self.usual = {person.member.pk: person for person in world.people}
        self.events = []

    def deliver(self, editor):
        target = Target.of(self.campaign)
        members = list(
            recipients(target).filter(created_at__lt=self.moment).order_by("pk").distinct()
        )
        self._keep_bridge(target, members)
        deliveries = Delivery.objects.bulk_create(
            [self._delivery(number, member) for number, member in enumerate(members)],
            batch_size=500,
        )
        self._note_bounces(deliveries)
        self._note_responses([row for row in deliveries if row.sent_at])
        self._close(editor, deliveries)
        record_events(events=self.events)

    def _keep_bridge(self, target, members):
        numbers = bridge(target).as_dict()
        later = numbers["recipients"] - len(members)
        numbers["people"] -= later
        numbers["recipients"] = len(members)
        self.campaign.bridge = numbers

    def _delivery(self, number, member):
        sent = self.moment + datetime.timedelta(seconds=number / MAILS_A_SECOND)
        if self.chance.random() < BOUNCE:
            return Delivery(
                campaign=self.campaign,
                member=member,
                status=Delivery.Status.FAILED,
                reason=Delivery.Reason.REFUSED,
                error=GONE,
                attempts=1,
            )
        return Delivery(
            campaign=self.campaign,
            member=member,
            status=Delivery.Status.SENT,
            sent_at=sent,
            logged=True,
            message_id=f"<{uuid.UUID(int=self.chance.getrandbits(128))}@hidamari.example>",
        )

    def _note(self, kind, delivery, at, *key, **data):
        event = events.campaign_event(kind, delivery, self.campaign.name, at, *key, **data)
        self.events.append(event)

    def _note_bounces(self, deliveries):
        for delivery in deliveries:
            if delivery.status == Delivery.Status.FAILED:
                self._note(events.BOUNCE, delivery, self.moment, error=GONE)
                Suppression.objects.get_or_create(
                    email_key=delivery.member.email_key,
                    defaults={
                        "reason": Suppression.Reason.BOUNCE,
                        "detail": GONE,
                        "at": self.moment,
                    },
                )

    def _note_responses(self, sent):
        links = self._links()
        clicks = []
        for delivery in sent:
            self._note(events.SENT, delivery, delivery.sent_at)
            if self.chance.random() < OPEN * self._keenness(delivery.member_id):
                self._open(delivery)
                if self.chance.random() < CLICK:
                    clicks.append(self._click(delivery, links))
                if self.chance.random() < UNSUBSCRIBE / OPEN:
                    self._unsubscribe(delivery)
        Delivery.objects.bulk_update(
            sent, ["opened_at", "clicked_at", "unsubscribed_at"], batch_size=500
        )
        Click.objects.bulk_create(clicks, batch_size=500)
        for link in links:
            link.clicked = sum(click.link_id == link.pk for click in clicks)
        Link.objects.bulk_update(links, ["clicked"])

    def _links(self):
        """The links of the letter that everybody gets, in their order."""
        letter = Composer(self.campaign).letter(viewer_for(None))
        link_ids(self.campaign, list(letter.links))
        return list(self.campaign.links.exclude(text="").order_by("position"))

    def _keenness(self, member_id):
        """People who visit often read more of what we send."""
        person = self.usual.get(member_id)
        return min(0.65 + (person.activity if person else 0) / 6, 1.7)

    def _later(self, moment, hours):
        later = moment + datetime.timedelta(hours=self.chance.expovariate(1 / hours), seconds=40)
        return min(later, self.now).replace(microsecond=0)

    def _open(self, delivery):
        delivery.opened_at = self._later(delivery.sent_at, 7)
        self._note(events.OPEN, delivery, delivery.opened_at, machine=False)

    def _click(self, delivery, links):
        weights = [1 / (position + 1.4) for position in range(len(links))]
        link = self.chance.choices(links, weights)[0]
        delivery.clicked_at = self._later(delivery.opened_at, 0.05)
        self._note(
            events.CLICK,
            delivery,
            delivery.clicked_at,
            link.pk,
            machine=False,
            link=str(link),
            url=link.url,
        )
        return Click(delivery=delivery, link=link, at=delivery.clicked_at)

    def _unsubscribe(self, delivery):
        delivery.unsubscribed_at = at = self._later(delivery.opened_at, 0.1)
        records = ConsentRecord.objects.current().filter(
            member=delivery.member_id, purpose=ConsentRecord.Purpose.EMAIL
        )
        records.update(is_current=False)
        ConsentRecord.objects.create(
            member_id=delivery.member_id,
            purpose=ConsentRecord.Purpose.EMAIL,
            granted=False,
            version="1",
            source="mail",
            at=at,
        )
        self._note(events.UNSUBSCRIBE, delivery, at)

    def _close(self, editor, deliveries):
        campaign = self.campaign
        campaign.status = Campaign.Status.SENT
        campaign.started_by = editor
        campaign.created_at = self.moment - datetime.timedelta(days=2)
        campaign.tested_at = self.moment - datetime.timedelta(hours=1)
        campaign.started_at = self.moment
        campaign.finished_at = max(
            (row.sent_at for row in deliveries if row.sent_at), default=self.moment
        )
        campaign.recipients = len(deliveries)
        campaign.failed = sum(row.status == Delivery.Status.FAILED for row in deliveries)
        campaign.sent = len(deliveries) - campaign.failed
        for name in ("opened", "clicked", "unsubscribed"):
            setattr(campaign, name, sum(bool(getattr(row, f"{name}_at")) for row in deliveries))
        campaign.save()
