"""What people and accounts do becomes events, and browsers get their owners."""

from typing import Any

from allauth.account.signals import user_signed_up
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from wagtail_crm.members import signals as member_signals
from wagtail_crm.members.models import ConsentRecord, Member

from . import actions, snapshots
from .context import Crm
from .events import NewEvent, event_id_for
from .models import Visitor


def _crm(request: HttpRequest | None) -> Crm | None:
    return getattr(request, "crm", None)


@receiver(user_signed_up)
def remember_who_is_registering(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    crm = _crm(request)
    if crm and crm.visitor_id:
        actions.remember_account(visitor_id=crm.visitor_id, user=user)


@receiver(user_logged_in)
def own_browser_on_login(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    crm = _crm(request)
    member = Member.objects.present().filter(user=user).first()
    if crm is None or member is None:
        return
    visitor_id = crm.visitor_id
    crm.reset()
    if not crm.may_track:
        return
    if visitor_id is None or not actions.link_visitor(visitor_id=visitor_id, member=member):
        actions.link_visitor(visitor_id=crm.renew_visitor_id(), member=member)
    crm.track("login")


@receiver(user_logged_out)
def leave_browser_on_logout(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    crm = _crm(request)
    if crm and user and crm.visitor_id:
        crm.track("logout")
        crm.renew_visitor_id()


@receiver(member_signals.member_registered)
def record_registration(member: Member, **kwargs: Any) -> None:
    for visitor in Visitor.objects.filter(user=member.user, member=None):
        actions.link_visitor(visitor_id=visitor.pk, member=member)
    _record_fact("registration", member, member.registered_at)


@receiver(member_signals.member_withdrawn)
def record_withdrawal(member: Member, **kwargs: Any) -> None:
    _record_fact("withdrawal", member, member.withdrawn_at)


@receiver(member_signals.consent_changed)
def record_consent(member: Member, record: ConsentRecord, **kwargs: Any) -> None:
    _record_fact("consent", member, record.at, subject=record.purpose, granted=record.granted)


def _record_fact(kind: str, member: Member, at: Any, subject: str = "", **data: Any) -> None:
    event = NewEvent(
        kind=kind,
        id=event_id_for(at, kind, member.pk, subject),
        at=at,
        member_id=member.pk,
        subject=subject,
        data=data,
    )
    actions.record_events(events=[event])


@receiver(member_signals.member_changed)
def refresh_snapshots(member_ids: set[int], **kwargs: Any) -> None:
    snapshots.refresh(member_ids)
