"""The outbox: taking mails, and writing down what became of each.

``pending → sending`` is committed before a mail is handed over and ``sending → sent`` right
after. A worker that dies in between leaves rows in ``sending``; their lease runs out and they
are tried again, with the same Message-ID. So nobody is missed, and the only mail that can
arrive twice is one that the server had accepted when the worker died before that commit: at most
one for each connection to the mail server.
"""

import datetime
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import OperationalError, connections, router, transaction
from django.db.models import F
from django.utils import timezone

from wagtail_crm.conf import crm_settings
from wagtail_crm.mail import events, sql
from wagtail_crm.mail.models import Campaign, Delivery, Suppression
from wagtail_crm.mail.transport import Answer, Verdict
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.actions import record_events

logger = logging.getLogger(__name__)

Status = Delivery.Status

# Minutes until a mail that was put off is tried again; the last for every further attempt.
BACKOFF = (1, 5, 20, 60)
# Events written in one transaction.
LOG_SIZE = 500
# Seconds between attempts to write down that a mail was sent, when the database is away.
PERSISTENCE = (0.2, 1, 3, 10)


@dataclass(frozen=True)
class Batch:
    """Deliveries that one worker has taken, until they are settled or released."""

    claim: uuid.UUID
    deliveries: list[Delivery]


def claim_batch(*, campaign_id: int, size: int | None = None) -> Batch:
    """Take the next mails that are due, in a transaction of its own; others skip those rows."""
    claim, now = uuid.uuid4(), timezone.now()
    size = size or crm_settings.mail_batch_size
    with transaction.atomic():
        if not Campaign.objects.sending().filter(pk=campaign_id).exists():
            return Batch(claim, [])
        waiting = Delivery.objects.filter(campaign=campaign_id).due(now).order_by("due_at", "pk")
        taken = list(
            waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:size]
        )
        # Without SKIP LOCKED (SQLite) two workers may have read the same rows: the condition
        # gives each row to one of them.
        Delivery.objects.waiting().filter(pk__in=taken).update(
            status=Status.SENDING, claim=claim, claimed_at=now
        )
    rows = Delivery.objects.filter(claim=claim).select_related("member").order_by("pk")
    return Batch(claim, list(rows))


def mark_sent(*, delivery: Delivery, message_id: str) -> None:
    """Commit that the server accepted a mail; tries hard, for the mail cannot be taken back."""
    connection = connections[router.db_for_write(Delivery)]
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    for pause in (*PERSISTENCE, None):
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql.MARK_SENT, [now, message_id, delivery.pk])
            return
        except OperationalError:
            if pause is None or connection.in_atomic_block:
                raise
            logger.exception("Mail %s was sent, but that could not be written.", message_id)
            connection.close()
            time.sleep(pause)


@transaction.atomic
def skip_deliveries(*, campaign_id: int, reasons: Mapping[int, str]) -> None:
    """Leave out mails of a campaign; ``reasons`` by primary key of the delivery."""
    for reason in set(reasons.values()):
        keys = [key for key, own in reasons.items() if own == reason]
        rows = Delivery.objects.in_hand().filter(pk__in=keys)
        _count(campaign_id, skipped=rows.update(status=Status.SKIPPED, reason=reason, claim=None))


@transaction.atomic
def put_off(*, delivery: Delivery, words: str) -> None:
    """Try a mail again later, more patiently each time; give up after ``MAIL_ATTEMPTS``."""
    words = words if _is_theirs_still(delivery) else ""
    attempts = delivery.attempts + 1
    if attempts >= crm_settings.mail_attempts:
        _settle_failed(delivery, Delivery.Reason.UNREACHABLE, words, attempts)
        return
    minutes = BACKOFF[min(attempts, len(BACKOFF)) - 1]
    Delivery.objects.in_hand().filter(pk=delivery.pk, claim=delivery.claim).update(
        status=Status.PENDING,
        attempts=attempts,
        error=words,
        due_at=timezone.now() + datetime.timedelta(minutes=minutes),
        claim=None,
    )


@transaction.atomic
def fail_delivery(*, delivery: Delivery, answer: Answer, campaign_name: str) -> None:
    """Write down that a mail was refused for good; an address that does not exist is blocked."""
    is_theirs = _is_theirs_still(delivery)
    words = answer.words if is_theirs else ""
    if not _settle_failed(delivery, Delivery.Reason.REFUSED, words, delivery.attempts + 1):
        return
    if not is_theirs:
        return
    if answer.verdict is Verdict.NO_MAILBOX and delivery.member.email_key:
        Suppression.objects.get_or_create(
            email_key=delivery.member.email_key,
            defaults={"reason": Suppression.Reason.BOUNCE, "detail": words},
        )
    event = events.campaign_event(
        events.BOUNCE, delivery, campaign_name, timezone.now(), error=words
    )
    record_events(events=[event])


def _is_theirs_still(delivery: Delivery) -> bool:
    """Whether the member has the address yet; who was forgotten meanwhile is not named again.

    Answers of mail servers repeat the address. The row stays locked until they are written.
    """
    members = Member.objects.select_for_update(no_key=True).filter(pk=delivery.member_id)
    return delivery.member.email_key in members.values_list("email_key", flat=True)


def _settle_failed(delivery: Delivery, reason: str, words: str, attempts: int) -> int:
    failed = Delivery.objects.in_hand().filter(pk=delivery.pk, claim=delivery.claim)
    settled = failed.update(
        status=Status.FAILED, reason=reason, error=words, attempts=attempts, claim=None
    )
    _count(delivery.campaign_id, failed=settled)
    return settled


def _count(campaign_id: int, **changes: int) -> None:
    Campaign.objects.filter(pk=campaign_id).update(
        **{name: F(name) + change for name, change in changes.items()}
    )


def release_claim(*, claim: uuid.UUID, wait: datetime.timedelta = datetime.timedelta()) -> int:
    """Put back what a worker took and did not settle; ``wait`` before anybody takes it again."""
    rows = Delivery.objects.in_hand().filter(claim=claim)
    return rows.update(status=Status.PENDING, claim=None, due_at=timezone.now() + wait)


def recover_claims() -> int:
    """Put back what workers took that died; how many mails they had in hand."""
    lease = datetime.timedelta(seconds=crm_settings.mail_lease)
    expired = Delivery.objects.in_hand().filter(claimed_at__lt=timezone.now() - lease)
    recovered = expired.update(status=Status.PENDING, claim=None, due_at=timezone.now())
    if recovered:
        logger.warning("%d mails of workers that died are tried again.", recovered)
    return recovered


def log_sent(*, campaign_id: int) -> int:
    """Write the events of mails that were sent, and count them; how many were new."""
    total = 0
    while logged := _log_some(campaign_id):
        total += logged
    return total


@transaction.atomic
def _log_some(campaign_id: int) -> int:
    rows = Delivery.objects.filter(campaign=campaign_id).not_logged().order_by("pk")
    deliveries = list(rows.select_for_update(skip_locked=True)[:LOG_SIZE])
    if not deliveries:
        return 0
    name = Campaign.objects.values_list("name", flat=True).get(pk=campaign_id)
    record_events(
        events=[
            events.campaign_event(events.SENT, delivery, name, delivery.sent_at)
            for delivery in deliveries
            if delivery.sent_at
        ]
    )
    keys = [delivery.pk for delivery in deliveries]
    logged = Delivery.objects.not_logged().filter(pk__in=keys).update(logged=True)
    _count(campaign_id, sent=logged)
    return logged
