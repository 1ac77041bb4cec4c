"""What editors, and the clock, do with campaigns.

A change of state is one conditional UPDATE: of two clicks at the same time one finds the old
state and moves it, the other finds nothing to move.
"""

import datetime
import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connections, router, transaction
from django.db.models import F
from django.utils import timezone
from wagtail.log_actions import log

from wagtail_crm.mail import sql
from wagtail_crm.mail.addresses import Addresses
from wagtail_crm.mail.checklist import problems_of
from wagtail_crm.mail.message import Envelope
from wagtail_crm.mail.models import Campaign, Delivery, Sender
from wagtail_crm.mail.recipients import Target, bridge, recipients, viewer_for
from wagtail_crm.mail.render import Composer
from wagtail_crm.mail.starter import starter_body
from wagtail_crm.mail.transport import Answer, Transport
from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.usage import index_references

logger = logging.getLogger(__name__)

Status = Campaign.Status


class WrongState(Exception):
    """The campaign is no longer in a state in which this can be done."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(f"Campaign {campaign.pk} is {campaign.status}.")
        self.campaign = campaign


class NotReady(Exception):
    """The campaign must not be sent as it is; ``reasons`` are sentences for the editor."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def _move(
    campaign: Campaign, before: Iterable[str], after: str, by: Any, action: str, **fields: Any
) -> Campaign:
    """Take the campaign to another state and write who did it. Raises ``WrongState``."""
    rows = Campaign.objects.filter(pk=campaign.pk, status__in=list(before))
    if not rows.update(status=after, updated_at=timezone.now(), **fields):
        raise WrongState(Campaign.objects.get(pk=campaign.pk))
    campaign = Campaign.objects.get(pk=campaign.pk)
    log(campaign, f"wagtail_crm.mail.{action}", user=by)
    return campaign


@transaction.atomic
def create_campaign(*, name: str, by: Any = None) -> Campaign:
    """A draft that only needs other words; nobody is to get it yet."""
    campaign = Campaign.objects.create(
        name=name,
        body=starter_body(),
        sender=Sender.objects.order_by("pk").first(),
        language=settings.LANGUAGE_CODE,
    )
    campaign.save_revision(user=by)
    log(campaign, "wagtail.create", user=by)
    return campaign


@transaction.atomic
def choose_audience(
    *,
    campaign: Campaign,
    everybody: bool,
    included: Iterable[Segment],
    excluded: Iterable[Segment],
    by: Any = None,
) -> Campaign:
    """Say who gets it. Raises ``WrongState`` once it is no draft any more."""
    campaign = _move(campaign, [Status.DRAFT], Status.DRAFT, by, "audience", everybody=everybody)
    campaign.included.set(included)
    campaign.excluded.set(excluded)
    index_references(campaign)
    return campaign


@transaction.atomic
def choose_time(*, campaign: Campaign, at: datetime.datetime | None, by: Any = None) -> Campaign:
    """Say when it is to be sent: None means as soon as somebody says so."""
    return _move(campaign, [Status.DRAFT], Status.DRAFT, by, "time", scheduled_at=at)


@transaction.atomic
def schedule_campaign(*, campaign: Campaign, by: Any = None) -> Campaign:
    """Let it start by itself at its time. Raises ``WrongState`` or ``NotReady``."""
    campaign = _move(campaign, [Status.DRAFT], Status.SCHEDULED, by, "schedule", fault="")
    _require_ready(campaign)
    return campaign


@transaction.atomic
def unschedule_campaign(*, campaign: Campaign, by: Any = None, fault: str = "") -> Campaign:
    """Make it a draft again, for the editor or, with ``fault``, because it could not start."""
    return _move(campaign, [Status.SCHEDULED], Status.DRAFT, by, "unschedule", fault=fault)


@transaction.atomic
def start_campaign(*, campaign: Campaign, by: Any = None) -> Campaign:
    """Fill the outbox with everybody who will get it, and let workers send.

    Raises ``WrongState`` when it has been started already: the second of two clicks.
    Raises ``NotReady`` when something must be mended first; nothing has changed then.
    """
    campaign = _move(
        campaign,
        [Status.DRAFT, Status.SCHEDULED],
        Status.SENDING,
        by,
        "start",
        started_at=timezone.now(),
        started_by=by,
        fault="",
    )
    _require_ready(campaign)
    target = Target.of(campaign)
    campaign.bridge = bridge(target).as_dict()
    campaign.recipients = _fill_outbox(campaign, target)
    campaign.save(update_fields=["bridge", "recipients"])
    return campaign


def _require_ready(campaign: Campaign) -> None:
    reasons = problems_of(campaign)
    if reasons:
        raise NotReady(reasons)


def _fill_outbox(campaign: Campaign, target: Target) -> int:
    query = recipients(target).order_by().values("id").query
    select, parameters = query.sql_with_params()
    with connections[router.db_for_write(Delivery)].cursor() as cursor:
        cursor.execute(
            sql.FILL_OUTBOX.format(recipients=select),
            [campaign.pk, timezone.now(), False, *parameters],
        )
        return cursor.rowcount


@transaction.atomic
def pause_campaign(*, campaign: Campaign, by: Any = None, fault: str = "") -> Campaign:
    """Stop sending after the mail that is on its way; ``fault`` when it stops by itself."""
    return _move(campaign, [Status.SENDING], Status.PAUSED, by, "pause", fault=fault)


@transaction.atomic
def resume_campaign(*, campaign: Campaign, by: Any = None) -> Campaign:
    """Go on where it stopped; mails that were put off are tried again at once."""
    campaign = _move(campaign, [Status.PAUSED], Status.SENDING, by, "resume", fault="")
    campaign.deliveries.waiting().update(due_at=timezone.now())
    return campaign


@transaction.atomic
def cancel_campaign(*, campaign: Campaign, by: Any = None) -> Campaign:
    """Send no more of it, ever. What was sent stays sent."""
    campaign = _move(
        campaign,
        [Status.SENDING, Status.PAUSED],
        Status.CANCELLED,
        by,
        "cancel",
        finished_at=timezone.now(),
    )
    _drop_waiting(campaign)
    return campaign


def _drop_waiting(campaign: Campaign) -> None:
    dropped = campaign.deliveries.waiting().update(
        status=Delivery.Status.SKIPPED, reason=Delivery.Reason.CANCELLED
    )
    Campaign.objects.filter(pk=campaign.pk).update(skipped=F("skipped") + dropped)


@transaction.atomic
def finish_campaign(*, campaign_id: int) -> None:
    """Close a campaign that has no more to send; call it whenever a batch is done."""
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        return
    if campaign.status == Status.CANCELLED:
        _drop_waiting(campaign)
    elif campaign.status == Status.SENDING and not campaign.deliveries.unfinished().exists():
        _move(campaign, [Status.SENDING], Status.SENT, None, "finish", finished_at=timezone.now())


def note_fault(*, campaign_id: int, fault: str) -> None:
    """Tell the editor why nothing moves, while sending goes on trying."""
    Campaign.objects.filter(pk=campaign_id).update(fault=fault)


def start_due_campaigns() -> list[Campaign]:
    """Start what is scheduled for now; what cannot start becomes a draft that says why."""
    started = []
    for campaign in Campaign.objects.due(timezone.now()):
        try:
            started.append(start_campaign(campaign=campaign))
        except WrongState:
            logger.info("Somebody else started campaign %s.", campaign.pk)
        except NotReady as error:
            unschedule_campaign(campaign=campaign, fault=str(error))
    return started


def send_test(*, campaign: Campaign, to: str, member: Member | None = None) -> Answer:
    """Send it to an editor as ``member``, or as somebody unknown, would get it.

    Raises ``CannotRender``, ``ServerAway`` or ``SenderRefused``.
    """
    composer = Composer(campaign)
    envelope = Envelope(campaign, Addresses(composer.base))
    letter = composer.letter(viewer_for(member))
    with Transport() as transport:
        answer = transport.send(envelope.test_message(letter, member, to))
    Campaign.objects.filter(pk=campaign.pk).update(tested_at=timezone.now())
    return answer
