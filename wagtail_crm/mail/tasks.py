"""Celery entry points."""

from math import inf

from celery import shared_task

from wagtail_crm.conf import crm_settings
from wagtail_crm.jobs import enqueue

from . import actions, sending


def send_soon(campaign_id: int, mails: int) -> None:
    """Let as many workers as are of use begin with a campaign, after commit."""
    batches = -(-mails // crm_settings.mail_batch_size)
    for _worker in range(max(1, min(crm_settings.mail_workers, batches))):
        enqueue(send_campaign, campaign_id)


@shared_task
def send_campaign(campaign_id: int) -> None:
    """Send what is due of a campaign, then let another task go on."""
    if sending.deliver_for_a_while(campaign_id):
        enqueue(send_campaign, campaign_id)


@shared_task
def sweep() -> str:
    """Start what is scheduled, recover what dead workers had, send what nobody sends."""
    started = actions.start_due_campaigns()
    recovered = actions.recover_claims()
    for campaign_id in sending.unsettled_campaigns():
        actions.log_sent(campaign_id=campaign_id)
        actions.finish_campaign(campaign_id=campaign_id)
    stalled = sending.stalled_campaigns()
    for campaign_id in stalled:
        if crm_settings.use_workers:
            send_soon(campaign_id, mails=crm_settings.mail_batch_size)
        else:
            sending.deliver_for_a_while(campaign_id, seconds=inf)
    return f"{len(started)} started, {recovered} recovered, {len(stalled)} sending"
