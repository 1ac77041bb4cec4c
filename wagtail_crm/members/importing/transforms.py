"""What is done to the text of a cell: plain numbers, dates and times as ISO 8601, still text."""

import datetime
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_crm.members.attributes import parse_boolean

from .refusals import ImportProblem, Refused, did_you_mean

Transform = Callable[[str], str]

SPACES = re.compile(r"[\s\u3000]+")
# Year first, as ISO 8601 and Japanese files write it; anything else needs a format, because
# 01/02 is January in one country and February in another.
YEAR_FIRST = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]*(\d{1,2}):(\d\d)(?::(\d\d))?)?"
)
CURRENCY = str.maketrans("", "", "¥$€£円 ")
GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
WHOLE = re.compile(r"(\d+)\.0+")
SHORTENED = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
# 1e999999999 is eleven characters, and a gigabyte when written out.
DIGITS = 24


def transform(name: str, argument: str, zone: ZoneInfo) -> Transform:
    """The transform called ``name``; ``argument`` is its format, if it takes one.

    Raises ``ImportProblem`` for an unknown name or a format that cannot be read.
    """
    if name not in TRANSFORMS:
        raise ImportProblem(
            _("There is no conversion '%(name)s'. There are: %(known)s.")
            % {"name": name, "known": ", ".join(TRANSFORMS)}
            + did_you_mean(name, list(TRANSFORMS))
        )
    return TRANSFORMS[name](argument, zone)


def split_name(text: str) -> tuple[str, str]:
    """The part before the first space, half or full width, and the rest ("" without a space)."""
    family, _space, given = SPACES.sub(" ", text).strip().partition(" ")
    return family, given


def _family(argument: str, zone: ZoneInfo) -> Transform:
    return lambda text: split_name(text)[0]


def _given(argument: str, zone: ZoneInfo) -> Transform:
    return lambda text: split_name(text)[1]


def _code(argument: str, zone: ZoneInfo) -> Transform:
    return clean_code


def clean_code(text: str) -> str:
    """A code without what spreadsheets do to it: ``17850.0`` is ``17850``, full width half."""
    code = unicodedata.normalize("NFKC", text).strip()
    if SHORTENED.fullmatch(code):
        raise Refused(_("A spreadsheet has shortened this code; its digits are lost"))
    whole = WHOLE.fullmatch(code)
    return whole[1] if whole else code


def _number(argument: str, zone: ZoneInfo) -> Transform:
    if argument not in ("", ".", ","):
        raise ImportProblem(_("A number's format is its decimal mark: '.' or ','."))
    if argument == ",":
        return lambda text: clean_number(text.translate(str.maketrans(".,", ",.")))
    return clean_number


def clean_number(text: str) -> str:
    """A plain decimal: ``¥1,234`` and ``１２３４`` are ``1234``. ``12,34`` is refused."""
    plain = unicodedata.normalize("NFKC", text).translate(CURRENCY).replace("−", "-")
    if GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Refused(_("Not a number"))
    if abs(number.adjusted()) > DIGITS:
        raise Refused(_("A number with too many digits"))
    return f"{number:f}"


def _date(argument: str, zone: ZoneInfo) -> Transform:
    parse = _parser(argument)
    return lambda text: parse(text).date().isoformat()


def _datetime(argument: str, zone: ZoneInfo) -> Transform:
    parse = _parser(argument)

    def convert(text: str) -> str:
        moment = parse(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()

    return convert


def _parser(format: str) -> Callable[[str], datetime.datetime]:
    if not format:
        return parse_moment
    sample = datetime.datetime(2001, 2, 3, tzinfo=datetime.UTC)
    try:
        datetime.datetime.strptime(sample.strftime(format), format)
    except ValueError as error:
        raise ImportProblem(
            _("'%(format)s' is not a date format. An example of one: %(example)s.")
            % {"format": format, "example": "%d/%m/%Y %H:%M"}
        ) from error

    def parse(text: str) -> datetime.datetime:
        try:
            return datetime.datetime.strptime(text, format)
        except ValueError:
            raise Refused(_("Not a date of the form %(format)s") % {"format": format}) from None

    return parse


def parse_moment(text: str) -> datetime.datetime:
    """A date or date and time with the year first, e.g. ``2011-3-31 19:55`` or ``20110331``."""
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        found = YEAR_FIRST.fullmatch(unicodedata.normalize("NFKC", text).strip())
    try:
        numbers = [int(part) for part in found.groups() if part] if found else []
        return datetime.datetime(*numbers)  # type: ignore[arg-type]  # none raises TypeError
    except (TypeError, ValueError):
        raise Refused(_("Not a date with the year first; give its format")) from None


def _boolean(argument: str, zone: ZoneInfo) -> Transform:
    return clean_boolean


def clean_boolean(text: str) -> str:
    """``yes`` or ``no``; a word that is neither is refused, not taken for a no."""
    try:
        return "yes" if parse_boolean(text) else "no"
    except ValidationError as error:
        raise Refused(error.messages[0]) from None


def _text(argument: str, zone: ZoneInfo) -> Transform:
    return str.strip


def _lower(argument: str, zone: ZoneInfo) -> Transform:
    return lambda text: text.strip().lower()


TRANSFORMS: dict[str, Callable[[str, ZoneInfo], Transform]] = {
    "text": _text,
    "lower": _lower,
    "family": _family,
    "given": _given,
    "code": _code,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "boolean": _boolean,
}
