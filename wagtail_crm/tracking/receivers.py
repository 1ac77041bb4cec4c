"""What people and accounts do becomes events, and browsers get their owners."""

from functools import partial
from typing import Any

from allauth.account.signals import user_signed_up
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from wagtail.models import Locale

from wagtail_crm.members import signals as member_signals
from wagtail_crm.members.models import ConsentRecord, Member

from . import actions, facts, languages, signals, snapshots, touches
from .context import Crm
from .models import Visitor

User: Any = get_user_model()


def _crm(request: HttpRequest | None) -> Crm | None:
    return getattr(request, "crm", None)


@receiver(user_signed_up)
def remember_who_is_registering(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    crm = _crm(request)
    if crm is None or crm.visitor_id is None:
        return
    if not actions.remember_account(visitor_id=crm.visitor_id, user=user):
        actions.remember_account(visitor_id=crm.renew_visitor_id(), user=user)


@receiver(user_logged_in)
def own_browser_on_login(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    crm = _crm(request)
    member = Member.objects.present().of_user(user).first()
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
    if crm is None:
        return
    if user and crm.visitor_id:
        crm.track("logout")
        crm.renew_visitor_id()
    crm.reset()


@receiver(member_signals.member_registered)
def record_registration(member: Member, **kwargs: Any) -> None:
    for visitor in Visitor.objects.registering(member.user):
        actions.link_visitor(visitor_id=visitor.pk, member=member, by=actions.REGISTRATION)
    actions.record_events(events=[facts.registration_of(member)])


@receiver(member_signals.member_withdrawn)
def forget_former_account(user_id: Any, **kwargs: Any) -> None:
    """A refresh finds no account of a member who left: what it was known as goes by itself."""
    snapshots.forget([] if user_id is None else [user_id])


@receiver(member_signals.member_withdrawn)
def record_withdrawal(member: Member, **kwargs: Any) -> None:
    actions.record_events(events=[facts.withdrawal_of(member)])


@receiver(member_signals.consent_changed)
def record_consent(member: Member, record: ConsentRecord, **kwargs: Any) -> None:
    actions.record_events(events=[facts.answer_in(record)])


@receiver(member_signals.member_changed)
def refresh_snapshots(member_ids: set[int], **kwargs: Any) -> None:
    snapshots.refresh(member_ids)


@receiver(post_save, sender=User)
def forget_changed_account(instance: Any, update_fields: Any, **kwargs: Any) -> None:
    """A new password, a closed account, a right to enter the admin: the next page knows."""
    if update_fields != {"last_login"}:
        transaction.on_commit(partial(snapshots.forget, [instance.pk]))


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
def forget_empowered_account(instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, User):
        transaction.on_commit(partial(snapshots.forget, [instance.pk]))


signals.visitor_forgotten.connect(touches.forget_touch, sender=Visitor)
post_save.connect(languages.forget_locales, sender=Locale)
post_delete.connect(languages.forget_locales, sender=Locale)
