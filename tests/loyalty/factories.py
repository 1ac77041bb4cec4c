"""Makers of rules and events, with sensible defaults."""

import datetime
import itertools
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from wagtail_crm.loyalty.actions import ask_recount_if_needed, award_points, recount_next_batch
from wagtail_crm.loyalty.models import Account, EarningRule, Rank
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import Event

_numbers = itertools.count(1)
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
TOKYO = timezone.get_default_timezone()


def make_rule(**fields):
    fields = {"label": "Welcome", "kind": "login", "points": 100, "starts_at": LONG_AGO} | fields
    return EarningRule.objects.create(**fields)


def make_event(member, kind="login", value=None, **fields):
    value = None if value is None else Decimal(value)
    return NewEvent(kind=kind, member_id=member.pk, value=value, **fields)


def balance(member):
    account = Account.objects.filter(member=member).first()
    return account.balance if account else 0


def make_staff(*codenames):
    """Somebody who may do everything, or only enter the admin and what is named."""
    email = f"staff{next(_numbers)}@example.jp"
    users = get_user_model().objects
    if not codenames:
        return users.create_superuser(email=email, password="x")
    user = users.create_user(email=email, password="x")
    group = Group.objects.create(name=email)
    group.permissions.set(Permission.objects.filter(codename__in=["access_admin", *codenames]))
    user.groups.add(group)
    return user


def a_day(day, hour=12):
    """Noon in the site's time zone, of this month's ``day``th."""
    moment = timezone.localtime().replace(hour=hour, minute=0, second=0, microsecond=0)
    return moment.replace(day=day)


def make_ranks(**thresholds):
    """Ranks by name; what they are computed from is known, so that nobody need be looked at."""
    ranks = {name: Rank.objects.create(name=name, points=n) for name, n in thresholds.items()}
    while recount_next_batch() or ask_recount_if_needed():
        pass
    return ranks


def earn(member, points, at=None):
    """Points by a rule, earned at some moment."""
    at = {} if at is None else {"at": at}
    event = make_event(member, **at)
    rule = EarningRule(points=points, kind="login", label="Test", starts_at=LONG_AGO)
    rule.save()
    award_points(events=[event], rules=[rule])


def rank_name(member):
    rank = Account.objects.filter(member=member).values_list("rank__name", flat=True)
    return rank.first()


def at(year, month, day, hour=12):
    return datetime.datetime(year, month, day, hour, tzinfo=TOKYO)


def changes(member):
    """What the log says of ranks, the oldest first: from, to, up or down."""
    events = Event.objects.of_member(member).of_kinds("rank_change").order_by("at")
    return [(row.data["from"], row.data["to"], row.data["direction"]) for row in events]
