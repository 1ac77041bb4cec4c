"""Makers of people, with sensible defaults."""

import itertools

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model

from wagtail_crm.members import actions
from wagtail_crm.members.models import AttributeDefinition

PASSWORD = "correct-horse-battery"
_numbers = itertools.count(1)


def make_user(email=None, confirmed=True, **fields):
    email = email or f"user{next(_numbers)}@example.jp"
    user = get_user_model().objects.create_user(email=email, password=PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=confirmed, primary=True)
    return user


def make_member(**fields):
    fields.setdefault("email", f"member{next(_numbers)}@example.jp")
    return actions.create_member(**fields)


def make_registered_member(email=None, **fields):
    user = make_user(email)
    member = actions.register_member(user=user, verified_email=user.email)
    return actions.update_member(member=member, fields=fields) if fields else member


def make_attribute(key="prefecture", **fields):
    fields.setdefault("label", key.capitalize())
    return AttributeDefinition.objects.create(key=key, **fields)
