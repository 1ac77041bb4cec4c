"""What accounts (django-allauth) tell us about people."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed, email_confirmed
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from . import actions
from .models import Member


@receiver(email_confirmed)
def register_confirmed_account(email_address: EmailAddress, **kwargs: Any) -> None:
    actions.register_member(user=email_address.user, verified_email=email_address.email)


@receiver(user_logged_in)
def register_account_from_before(user: Any, **kwargs: Any) -> None:
    """An account that is older than this package becomes a member when its owner returns."""
    if Member.objects.filter(user=user, status=Member.Status.REGISTERED).exists():
        return
    address = EmailAddress.objects.filter(user=user, verified=True, primary=True).first()
    if address:
        actions.register_member(user=user, verified_email=address.email)


@receiver(email_changed)
def follow_changed_address(user: Any, to_email_address: EmailAddress, **kwargs: Any) -> None:
    member = Member.objects.filter(user=user).first()
    if member and to_email_address.verified:
        actions.update_member(member=member, fields={"email": to_email_address.email})
