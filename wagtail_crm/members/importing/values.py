"""From the text of a field to a value the database takes; all raise ``Refused``."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from wagtail_crm.members.names import clean_email

from .refusals import Refused
from .transforms import parse_moment

Reader = Callable[[str], object]
# Event ids are ordered by Unix time (RFC 9562), which has nothing before 1970.
EARLIEST = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
PLACES = Decimal("0.0001")
CLOCKS_DIFFER_BY = datetime.timedelta(minutes=10)


def short_text(field: str, limit: int) -> Callable[[str], str]:
    """Text of at most ``limit`` characters."""

    def read(text: str) -> str:
        if len(text) > limit:
            reason = _("Longer than %(limit)s characters") % {"limit": f"{limit:,}"}
            raise Refused(reason, field=field, value=text)
        return text

    return read


def email(field: str) -> Callable[[str], str]:
    """An address as it is kept and mailed to."""

    def read(text: str) -> str:
        address = clean_email(text)
        try:
            validate_email(address)
        except ValidationError:
            raise Refused(_("Not an e-mail address"), field=field, value=text) from None
        return address

    return read


def language(field: str) -> Callable[[str], str]:
    """A language of the site, by its code."""

    def read(text: str) -> str:
        if text not in dict(settings.LANGUAGES):
            raise Refused(_("Not a language of this site"), field=field, value=text)
        return text

    return read


def time_zone(field: str) -> Callable[[str], str]:
    """A time zone by its IANA name."""

    def read(text: str) -> str:
        if text not in _time_zones():
            raise Refused(_("Not a time zone"), field=field, value=text)
        return text

    return read


@cache
def _time_zones() -> set[str]:
    return available_timezones()


def past_moment(field: str) -> Callable[[str], datetime.datetime]:
    """A moment between 1970 and now: what has not happened yet is a slip of the pen."""
    latest = timezone.now() + CLOCKS_DIFFER_BY

    def read(text: str) -> datetime.datetime:
        moment = parse_moment(text)
        if not moment.tzinfo:
            raise Refused(_("A time without its zone"), field=field, value=text)
        if moment > latest:
            raise Refused(_("In the future"), field=field, value=text)
        if moment < EARLIEST:
            raise Refused(_("Before 1970"), field=field, value=text)
        return moment

    return read


def number(field: str, whole_digits: int = 14) -> Callable[[str], Decimal]:
    """A number that a decimal column takes, rounded to its four places."""

    def read(text: str) -> Decimal:
        value = Decimal(text)
        if abs(value) >= 10**whole_digits:
            raise Refused(_("A number with too many digits"), field=field, value=text)
        return value.quantize(PLACES)

    return read
