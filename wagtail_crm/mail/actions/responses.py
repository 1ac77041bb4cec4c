"""What people, and programs, do with the mails they got.

An opening or a click by a program is kept in the log with ``machine`` set; only what people
did counts on the delivery, on the link and on the campaign.
"""

import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from wagtail_crm.mail import events
from wagtail_crm.mail.machines import SCAN_SECONDS, is_machine_click, is_machine_open, is_scan
from wagtail_crm.mail.models import Campaign, Click, Delivery, Link
from wagtail_crm.members.actions import record_consent
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.models import Event

SOURCE = "mail"


class Followed(NamedTuple):
    """A link of a mail that was followed, and whether by a person."""

    link: Link
    delivery: Delivery
    by_person: bool


def _moment() -> datetime.datetime:
    """Now, to the second: the same request sent twice is one event."""
    return timezone.now().replace(microsecond=0)


def _locked(delivery_id: int) -> Delivery | None:
    """A delivery that was sent, with its campaign; one response to it at a time."""
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("campaign")
    return rows.filter(pk=delivery_id, sent_at__isnull=False).first()


@transaction.atomic
def record_open(*, delivery_id: int, user_agent: str) -> bool:
    """Somebody's mail program fetched the pixel; False for a mail that we never sent."""
    delivery, now = _locked(delivery_id), _moment()
    if delivery is None or delivery.sent_at is None:
        return False
    machine = is_machine_open(user_agent, now - delivery.sent_at)
    if not machine:
        _mark_opened(delivery, now)
    name = delivery.campaign.name
    record_events(events=[events.campaign_event(events.OPEN, delivery, name, now, machine=machine)])
    return True


def _mark_opened(delivery: Delivery, at: datetime.datetime) -> None:
    if delivery.opened_at is None:
        delivery.opened_at = at
        delivery.save(update_fields=["opened_at"])
        Campaign.objects.filter(pk=delivery.campaign_id).update(opened=F("opened") + 1)


@transaction.atomic
def record_click(*, delivery_id: int, link_id: int, user_agent: str) -> Followed | None:
    """Somebody followed a link of their mail; None when there is no such one.

    A person who clicks has read the mail, also where pictures are not shown.
    """
    delivery, now = _locked(delivery_id), _moment()
    if delivery is None or delivery.sent_at is None:
        return None
    link = Link.objects.filter(pk=link_id, campaign=delivery.campaign_id).first()
    if link is None:
        return None
    machine = is_machine_click(user_agent)
    _keep_click(delivery, link, now, machine=machine)
    if not machine and now - delivery.sent_at < datetime.timedelta(seconds=SCAN_SECONDS):
        machine = _unmask_scanner(delivery)
    if not machine:
        _mark_clicked(delivery, now)
    facts = {"machine": machine, "link": str(link), "url": link.url}
    name = delivery.campaign.name
    event = events.campaign_event(events.CLICK, delivery, name, now, link.pk, **facts)
    record_events(events=[event])
    return Followed(link, delivery, not machine)


def _keep_click(delivery: Delivery, link: Link, at: datetime.datetime, *, machine: bool) -> None:
    click, is_new = Click.objects.get_or_create(
        delivery=delivery, link=link, defaults={"at": at, "machine": machine}
    )
    by_person_now = click.machine and not machine
    if by_person_now:
        Click.objects.filter(pk=click.pk).update(machine=False, at=at)
    if by_person_now or (is_new and not machine):
        Link.objects.filter(pk=link.pk).update(clicked=F("clicked") + 1)


def _mark_clicked(delivery: Delivery, at: datetime.datetime) -> None:
    _mark_opened(delivery, at)
    if delivery.clicked_at is None:
        delivery.clicked_at = at
        delivery.save(update_fields=["clicked_at"])
        Campaign.objects.filter(pk=delivery.campaign_id).update(clicked=F("clicked") + 1)


def _unmask_scanner(delivery: Delivery) -> bool:
    """Take back clicks that only together show that nobody read the mail so fast."""
    clicks = Click.objects.filter(delivery=delivery)
    if not is_scan(clicks.count(), delivery.campaign.links.count()):
        return False
    by_people = clicks.filter(machine=False)
    Link.objects.filter(clicks__in=by_people).update(clicked=F("clicked") - 1)
    by_people.update(machine=True)
    first_click = delivery.clicked_at
    if first_click:
        opened_by_click = delivery.opened_at == first_click
        delivery.clicked_at = None
        delivery.opened_at = None if opened_by_click else delivery.opened_at
        delivery.save(update_fields=["clicked_at", "opened_at"])
        Campaign.objects.filter(pk=delivery.campaign_id).update(
            clicked=F("clicked") - 1, opened=F("opened") - int(opened_by_click)
        )
    _correct_log(delivery)
    return True


def _correct_log(delivery: Delivery) -> None:
    """The one thing that is ever changed in the log: who it was that clicked."""
    clicked = Event.objects.about(delivery.campaign.event_subject).of_kinds(events.CLICK)
    for event in clicked.filter(member=delivery.member_id, at__gte=delivery.sent_at):
        event.data["machine"] = True
        event.save(update_fields=["data"])


@transaction.atomic
def unsubscribe(*, member_id: int, delivery_id: int = 0) -> Member | None:
    """The member wants no more mail; again changes nothing. None when there is no such member."""
    member = Member.objects.filter(pk=member_id).first()
    if member is None:
        return None
    record_consent(member=member, purpose=ConsentRecord.Purpose.EMAIL, granted=False, source=SOURCE)
    rows = Delivery.objects.select_related("campaign").filter(pk=delivery_id, member=member)
    delivery = rows.filter(unsubscribed_at=None).first()
    if delivery and rows.filter(unsubscribed_at=None).update(unsubscribed_at=_moment()):
        campaign = delivery.campaign
        Campaign.objects.filter(pk=campaign.pk).update(unsubscribed=F("unsubscribed") + 1)
        event = events.campaign_event(events.UNSUBSCRIBE, delivery, campaign.name, _moment())
        record_events(events=[event])
    return member


@transaction.atomic
def resubscribe(*, member_id: int) -> Member | None:
    """The member changed their mind."""
    member = Member.objects.present().filter(pk=member_id).first()
    if member is not None:
        record_consent(
            member=member, purpose=ConsentRecord.Purpose.EMAIL, granted=True, source=SOURCE
        )
    return member
