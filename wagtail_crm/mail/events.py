"""Events about mails: their kinds, and one event for each fact, the same however often told."""

import datetime
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_crm.tracking.events import NewEvent, event_id_for
from wagtail_crm.tracking.kinds import EventKind
from wagtail_crm.tracking.models import Event

SENT, OPEN, CLICK = "mail_sent", "mail_open", "mail_click"
UNSUBSCRIBE, BOUNCE = "mail_unsubscribe", "mail_bounce"

MAIL = _("Mail")


def campaign_event(
    kind: str,
    delivery: Any,
    campaign_name: str,
    at: datetime.datetime,
    *key: object,
    **data: Any,
) -> NewEvent:
    """The event of one fact about a delivery; ``key`` tells facts of one kind apart."""
    return NewEvent(
        kind=kind,
        id=event_id_for(at, kind, delivery.pk, *key),
        at=at,
        member_id=delivery.member_id,
        subject=subject_of(delivery.campaign_id),
        data={"campaign": campaign_name, **data},
    )


def subject_of(campaign_id: int) -> str:
    """What events about a campaign have as their subject."""
    return f"campaign:{campaign_id}"


def report_address(event: Event) -> str:
    """The report of the campaign that the event is about; nothing for one that is not ours."""
    number = event.subject.removeprefix("campaign:")
    if not (number.isascii() and number.isdecimal()):
        return ""
    return reverse("crm_campaign:inspect", args=[number])


def campaign_name(event: Event) -> str:
    return event.data.get("campaign", "")


def with_machine(words: str, event: Event) -> str:
    if event.data.get("machine"):
        return gettext("%(what)s (by a program, not a person)") % {"what": words}
    return words


def opened(event: Event) -> str:
    return with_machine(campaign_name(event), event)


def clicked(event: Event) -> str:
    link = event.data.get("link", "")
    if not link:
        return with_machine(campaign_name(event), event)
    words = gettext("“%(link)s” in %(campaign)s") % {
        "link": link,
        "campaign": campaign_name(event),
    }
    return with_machine(words, event)


def bounced(event: Event) -> str:
    reason = event.data.get("error", "")
    return f"{campaign_name(event)}: {reason}" if reason else campaign_name(event)


# Opens and clicks are not countable in behaviour rules: machines make them too. The rule
# "Mail" of this room counts people only.
_of_mail = partial(
    EventKind, group=MAIL, permission="wagtail_crm_mail.view_campaign", address=report_address
)
KINDS = [
    _of_mail(
        SENT,
        _("Got a mail"),
        "mail",
        details=campaign_name,
        did=_("who got a mail %(often)s"),
        did_not=_("who did not get a mail %(often)s"),
    ),
    _of_mail(OPEN, _("Opened a mail"), "view", details=opened, countable=False),
    _of_mail(CLICK, _("Clicked in a mail"), "link-external", details=clicked, countable=False),
    _of_mail(
        UNSUBSCRIBE,
        _("Unsubscribed from mail"),
        "cross",
        details=campaign_name,
        did=_("who unsubscribed from mail %(often)s"),
        did_not=_("who did not unsubscribe from mail %(often)s"),
    ),
    _of_mail(BOUNCE, _("Mail came back"), "warning", details=bounced, countable=False),
]
