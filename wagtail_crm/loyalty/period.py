"""The time in which points count for a rank: whole days of the site, so many months back."""

import calendar
import datetime

from django.utils.translation import ngettext, pgettext

from wagtail_crm.conf import crm_settings
from wagtail_crm.segments.rules.base import midnight
from wagtail_crm.segments.rules.person import site_today

ONE_DAY = datetime.timedelta(days=1)
# No two months differ by more.
A_FEW_DAYS = datetime.timedelta(days=4)


def leaves_on(day: datetime.date, months: int) -> datetime.date:
    """The first day on which points of ``day`` no longer count: the same day, months later.

    Where that month has no such day, the first of the next, as in Art. 143 of Japan's Civil Code.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = calendar.monthrange(year, month + 1)[1]
    if day.day > length:
        return datetime.date(year, month + 1, length) + ONE_DAY
    return datetime.date(year, month + 1, day.day)


def first_day(today: datetime.date, months: int) -> datetime.date:
    """The first day whose points count today."""
    day = leaves_on(today, -months) - A_FEW_DAYS
    while leaves_on(day, months) <= today:
        day += ONE_DAY
    return day


def counts_since() -> datetime.datetime | None:
    """The moment from which points count now; None: whenever they were earned."""
    months = crm_settings.rank_months
    return midnight(first_day(site_today(), months)) if months else None


def in_words() -> str:
    """ "in the last 12 months"."""
    months = crm_settings.rank_months
    if not months:
        return pgettext("points earned", "at any time")
    return ngettext("in the last month", "in the last %(n)s months", months) % {"n": months}
