"""What accounts (django-allauth) tell us about people."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed, email_confirmed
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from . import actions
from .accounts import confirmed_address, is_staff_account
from .models import Member, Registration


@receiver(email_confirmed)
def register_confirmed_account(email_address: EmailAddress, **kwargs: Any) -> None:
    """Colleagues who confirm an address become members only if they filled in the form."""
    user = email_address.user
    if is_staff_account(user) and not Registration.objects.filter(user=user).exists():
        return
    member = actions.register_member(user=user, verified_email=email_address.email)
    if email_address.primary:
        actions.follow_account_address(member=member, verified_email=email_address.email)


@receiver(user_logged_in)
def register_account_from_before(user: Any, **kwargs: Any) -> None:
    """An account that is older than this package becomes a member when its owner returns.

    Not a colleague's, and not that of somebody who left: they ask to join on my page.
    """
    if Member.objects.of_user(user).exists() or is_staff_account(user):
        return
    address = confirmed_address(user)
    if address and not Member.objects.with_email(address).withdrawn().exists():
        actions.register_member(user=user, verified_email=address)


@receiver(email_changed)
def follow_changed_address(user: Any, to_email_address: EmailAddress, **kwargs: Any) -> None:
    member = Member.objects.of_user(user).first()
    if member and to_email_address.verified:
        actions.follow_account_address(member=member, verified_email=to_email_address.email)
