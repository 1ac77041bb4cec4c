"""What a worker does with a campaign: batch after batch, over a few connections."""

import datetime
import functools
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import DatabaseError, connections, router
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import override

from wagtail_crm.conf import crm_settings
from wagtail_crm.segments.audience import Viewer

from . import actions
from .actions.deliveries import Batch
from .addresses import Addresses
from .letter import Letter
from .links import LinkMark
from .message import Envelope, message_id
from .models import Campaign, Delivery, Link
from .recipients import reasons_against, segments_of
from .render import CannotRender, Composer
from .transport import SenderRefused, ServerAway, Transport, Verdict

logger = logging.getLogger(__name__)

# How long all wait when the mail server is away.
SERVER_AWAY = datetime.timedelta(minutes=1)
# Seconds between looks at whether the editor has pressed Pause.
LOOK = 1.0
# A worker lays down what it has in hand well before its lease ends and others take it over.
SHARE_OF_LEASE = 0.5
# Seconds that one task works before it lets other tasks of the queue come in.
PATIENCE = 20.0
CAMPAIGNS_REMEMBERED = 4


def deliver_for_a_while(campaign_id: int, seconds: float = PATIENCE) -> bool:
    """Send batches of a campaign; True when more is due than there was time for.

    Over several connections at a time, because each of them mostly waits: for the mail server's
    replies, and for the database to write down one mail before the next is handed over.
    """
    deliver = functools.partial(_deliver, campaign_id, time.monotonic() + seconds)
    database = connections[router.db_for_write(Delivery)]
    # Other threads see no rows of an open transaction, and SQLite has one writer.
    if database.in_atomic_block or database.vendor == "sqlite":
        return deliver()
    with ThreadPoolExecutor(crm_settings.mail_connections, "crm-mail") as pool:
        threads = [pool.submit(_in_thread, deliver) for _n in range(crm_settings.mail_connections)]
    return any(thread.result() for thread in threads)


def _in_thread(deliver: Callable[[], bool]) -> bool:
    try:
        return deliver()
    finally:
        connections.close_all()


def _deliver(campaign_id: int, end: float) -> bool:
    while deliver_batch(campaign_id):
        if time.monotonic() > end:
            return True
    return False


def deliver_batch(campaign_id: int) -> int:
    """Take the next batch and send it; how many mails it took, 0 when nothing is due."""
    batch = actions.claim_batch(campaign_id=campaign_id)
    if batch.deliveries:
        campaign = Campaign.objects.select_related("sender").get(pk=campaign_id)
        Round(campaign, batch).run()
    actions.log_sent(campaign_id=campaign_id)
    actions.finish_campaign(campaign_id=campaign_id)
    return len(batch.deliveries)


@functools.lru_cache(maxsize=CAMPAIGNS_REMEMBERED)
def composer_of(campaign_id: int, started_at: datetime.datetime) -> Composer:
    """A started campaign's content never changes: each process renders each variant once."""
    return Composer(Campaign.objects.select_related("sender").get(pk=campaign_id))


@dataclass
class Round:
    """One batch on its way; whatever happens, nothing stays in hand."""

    campaign: Campaign
    batch: Batch
    begun: float = field(default_factory=time.monotonic)
    looked: float = 0.0

    def run(self) -> None:
        wait = datetime.timedelta()
        try:
            self._send_all()
        except ServerAway as error:
            wait = SERVER_AWAY
            logger.warning("Campaign %s waits for the mail server: %s", self.campaign.pk, error)
            actions.note_fault(campaign_id=self.campaign.pk, fault=str(error))
        except (SenderRefused, CannotRender) as error:
            self._stop(str(error))
        finally:
            actions.release_claim(claim=self.batch.claim, wait=wait)

    def _stop(self, fault: str) -> None:
        logger.error("Campaign %s stopped: %s", self.campaign.pk, fault)
        try:
            actions.pause_campaign(campaign=self.campaign, fault=fault)
        except actions.WrongState:
            logger.info("Campaign %s had been stopped already.", self.campaign.pk)

    def _send_all(self) -> None:
        assert self.campaign.started_at is not None  # noqa: S101  # only started ones are claimed
        self.composer = composer_of(self.campaign.pk, self.campaign.started_at)
        self.envelope = Envelope(self.campaign, Addresses(self.composer.base), {})
        deliveries = self._without_unreachable()
        self.segments = segments_of(delivery.member_id for delivery in deliveries)
        self.now = timezone.now()
        with Transport() as transport, override(self.campaign.mail_language):
            for delivery in deliveries:
                if not self._may_go_on():
                    return
                self._send(delivery, transport)

    def _without_unreachable(self) -> list[Delivery]:
        """The batch without those who unsubscribed, or left, since the campaign was started."""
        against = reasons_against(d.member_id for d in self.batch.deliveries)
        skipped = {
            d.pk: against[d.member_id] for d in self.batch.deliveries if d.member_id in against
        }
        if skipped:
            actions.skip_deliveries(campaign_id=self.campaign.pk, reasons=skipped)
        return [d for d in self.batch.deliveries if d.pk not in skipped]

    def _may_go_on(self) -> bool:
        now = time.monotonic()
        if now - self.begun > crm_settings.mail_lease * SHARE_OF_LEASE:
            return False
        if now - self.looked < LOOK:
            return True
        self.looked = now
        return Campaign.objects.sending().filter(pk=self.campaign.pk).exists()

    def _send(self, delivery: Delivery, transport: Transport) -> None:
        member = delivery.member
        viewer = Viewer(
            segments=self.segments.get(member.pk, frozenset()), key=str(member.pk), now=self.now
        )
        letter = self.composer.letter(viewer)
        self._know_links(letter)
        try:
            message = self.envelope.message(letter, member, delivery.pk)
        except DatabaseError:
            raise
        except Exception as error:
            # One member's data must not stop the others: merge fields come from other rooms.
            logger.exception("The mail to member %s cannot be made.", member.pk)
            actions.put_off(delivery=delivery, words=repr(error))
            return
        answer = transport.send(message)
        if answer.verdict is Verdict.ACCEPTED:
            actions.mark_sent(
                delivery=delivery, message_id=message_id(delivery.pk, self.envelope.domain)
            )
        elif answer.verdict is Verdict.LATER:
            actions.put_off(delivery=delivery, words=answer.words)
        else:
            actions.fail_delivery(
                delivery=delivery, answer=answer, campaign_name=self.campaign.name
            )

    def _know_links(self, letter: Letter) -> None:
        missing = [link for link in letter.links if link.key not in self.envelope.link_ids]
        if missing:
            self.envelope.link_ids.update(link_ids(self.campaign, missing))


def link_ids(campaign: Campaign, links: list[LinkMark]) -> dict[str, int]:
    """Primary keys of these links by their key; new ones get a row, agreed on by all workers."""
    rows = [
        Link(campaign=campaign, key=link.key, url=link.url, text=link.text, position=position)
        for position, link in enumerate(links)
    ]
    Link.objects.bulk_create(rows, ignore_conflicts=True)
    return dict(
        Link.objects.filter(campaign=campaign, key__in=[link.key for link in links]).values_list(
            "key", "pk"
        )
    )


def stalled_campaigns() -> list[int]:
    """Campaigns with mails that are due and nobody who has any in hand."""
    due = Delivery.objects.due(timezone.now()).filter(campaign=OuterRef("pk"))
    in_hand = Delivery.objects.in_hand().filter(campaign=OuterRef("pk"))
    stalled = Campaign.objects.sending().filter(Exists(due), ~Exists(in_hand))
    return list(stalled.order_by("started_at").values_list("pk", flat=True))


def unsettled_campaigns() -> list[int]:
    """Campaigns with events to write, or with nothing more to send and not closed yet."""
    unlogged = Delivery.objects.not_logged().values("campaign")
    unfinished = Delivery.objects.unfinished().filter(campaign=OuterRef("pk"))
    done = Campaign.objects.sending().filter(~Exists(unfinished))
    with_unlogged = Campaign.objects.filter(pk__in=unlogged)
    return sorted(
        {campaign.pk for campaign in done.only("pk")}
        | set(with_unlogged.values_list("pk", flat=True))
    )
