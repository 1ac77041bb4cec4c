"""Accounts of members: whose they are, and closing them when somebody leaves."""

import uuid
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from .sql import OWNERS


def is_staff_account(user: Any) -> bool:
    """Whether the person works here: such an account is never joined or closed by the CRM."""
    return bool(getattr(user, "is_staff", False)) or user.has_perm("wagtailadmin.access_admin")


def staff() -> QuerySet[Any]:
    """Everybody who may enter the Wagtail admin: those who can own a member."""
    users: QuerySet[Any] = get_user_model()._default_manager.all()
    return users.filter(may_enter_the_admin()).order_by(get_user_model().USERNAME_FIELD)


def may_enter_the_admin() -> Q:
    """A condition on accounts. Joins of a million of them would take longer than three sets."""
    model: Any = get_user_model()
    entry = Permission.objects.filter(
        content_type__app_label="wagtailadmin", codename="access_admin"
    )
    granted = Q(is_superuser=True)
    for path in ("user_permissions", "groups__permissions"):
        holders = model._default_manager.filter(**{f"{path}__in": entry}).order_by()
        granted |= Q(pk__in=holders.values("pk"))
    return granted & Q(is_active=True)


def owners() -> QuerySet[Any]:
    """Those who own a member, by name."""
    model: Any = get_user_model()
    found = RawSQL(OWNERS, ())  # noqa: S611  # a constant
    users: QuerySet[Any] = model._default_manager.filter(pk__in=found)
    return users.order_by(model.USERNAME_FIELD)


def confirmed_address(user: Any) -> str:
    """The account's main address if its owner proved that it is theirs, else ""."""
    address = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary").first()
    return address.email if address else ""


def close_account(user: Any) -> None:
    """Nobody can sign in any more, and the account names nobody; its row and number stay.

    Other tables of the site may point at it, so it is emptied rather than deleted. The address
    is free again: whoever left may register anew.
    """
    _delete_allauth_rows(user)
    model: Any = get_user_model()
    unknown = f"closed-{uuid.uuid4()}"
    email_field = model.get_email_field_name()
    for name in {model.USERNAME_FIELD, email_field, "first_name", "last_name"}:
        if not _has_field(model, name):
            continue
        field = model._meta.get_field(name)
        if name == email_field:
            setattr(user, name, f"{unknown}@invalid" if field.unique else "")
        else:
            setattr(user, name, unknown[: field.max_length] if field.unique else "")
    user.is_active = False
    user.set_unusable_password()
    user.save()


def _has_field(model: Any, name: str) -> bool:
    return any(field.name == name for field in model._meta.get_fields())


def _delete_allauth_rows(user: Any) -> None:
    """Addresses, second factors and social logins: the ways in."""
    for relation in user._meta.related_objects:
        if relation.related_model._meta.app_config.name.startswith("allauth."):
            rows = relation.related_model._base_manager
            rows.filter(**{relation.field.name: user}).delete()
