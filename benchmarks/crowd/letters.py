"""The campaigns behind the mails of the totals, a row for each mail, and events set aside."""

from typing import Any

from .habits import CAMPAIGNS, FIRST_NUMBER

# What the log says of a mail is the truth here; where people work it is the other way round.
DELIVERIES = """
INSERT INTO wagtail_crm_mail_delivery (campaign_id, member_id, status, reason, error, attempts,
    due_at, message_id, sent_at, logged, opened_at, clicked_at)
SELECT campaign, member_id, 'sent', '', '', 1, sent, '', sent, true, opened, clicked
FROM (
    SELECT member_id, substr(subject, length('campaign:') + 1)::int AS campaign,
        min(day) FILTER (WHERE kind = 'mail_sent') AS sent,
        min(day) FILTER (WHERE kind = 'mail_open') AS opened,
        min(day) FILTER (WHERE kind = 'mail_click') AS clicked
    FROM wagtail_crm_tracking_dailytotal
    WHERE kind IN ('mail_sent', 'mail_open', 'mail_click')
    GROUP BY member_id, subject
) AS mails
WHERE sent IS NOT NULL
"""
NUMBERS = """
UPDATE wagtail_crm_mail_campaign AS campaign
SET sent = mails.sent, recipients = mails.sent, opened = mails.opened, clicked = mails.clicked,
    started_at = mails.first, finished_at = mails.last, created_at = mails.first
FROM (
    SELECT campaign_id, count(*) AS sent, count(opened_at) AS opened, count(clicked_at) AS clicked,
        min(sent_at) AS first, max(sent_at) AS last
    FROM wagtail_crm_mail_delivery GROUP BY campaign_id
) AS mails
WHERE mails.campaign_id = campaign.id
"""
SET_ASIDE = 10_000
REASON = "new row violates check constraint"


def fill_letters(_members: int) -> None:
    """Campaigns with the numbers that subjects of events have, and a delivery for each mail."""
    from django.db import connection

    from wagtail_crm.mail.models import Campaign, Delivery, Sender

    from .copying import without_indexes

    sender = Sender.objects.create(name="Hidamari", email="letters@example.jp")
    Campaign.objects.bulk_create(_campaign(number, sender) for number in range(CAMPAIGNS))
    with connection.cursor() as cursor:
        with without_indexes(Delivery._meta.db_table):
            cursor.execute(DELIVERIES)
        cursor.execute(NUMBERS)
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)",
            [Campaign._meta.db_table, FIRST_NUMBER + CAMPAIGNS],
        )
    _set_aside()


def _campaign(number: int, sender: Any) -> Any:
    from wagtail_crm.mail.models import Campaign

    return Campaign(
        pk=FIRST_NUMBER + number,
        name=f"お知らせ {number + 1}",
        subject=f"今月のひだまり {number + 1}",
        sender=sender,
        status=Campaign.Status.SENT,
        everybody=True,
    )


def _set_aside() -> None:
    from wagtail_crm.tracking import actions
    from wagtail_crm.tracking.events import NewEvent

    payloads = [
        NewEvent(kind="page_view", member_id=1 + number, page_id=3).to_json()
        for number in range(SET_ASIDE)
    ]
    actions.set_aside(payloads=payloads, reason=REASON)
