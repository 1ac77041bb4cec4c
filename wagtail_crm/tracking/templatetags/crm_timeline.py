"""Small words of the timeline."""

import datetime
import zoneinfo
from decimal import Decimal

from django import template
from django.utils.formats import date_format, number_format

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.devices import DEVICES

register = template.Library()


@register.filter
def named_device(device: str) -> str:
    return str(DEVICES.get(device, device))


@register.filter
def whole(value: Decimal | None) -> str:
    """A sum of money without fractions, in groups of three."""
    return number_format(int(value or 0), force_grouping=True)


@register.filter
def moments(at: datetime.datetime, member: Member) -> str:
    """The moment in full in the editor's time zone, and in the member's where it differs."""
    editors = f"{date_format(at, 'DATETIME_FORMAT')} ({at:%Z})"
    try:
        there = at.astimezone(zoneinfo.ZoneInfo(member.time_zone)) if member.time_zone else at
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        there = at
    if there.utcoffset() == at.utcoffset():
        return editors
    return f"{editors} · {date_format(there, 'DATETIME_FORMAT')} ({there:%Z})"
