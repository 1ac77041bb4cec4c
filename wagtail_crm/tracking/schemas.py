"""What events of a kind may say: pydantic models, whose fields become columns or data."""

from decimal import Decimal
from typing import Annotated, Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from .events import LONGEST_SUBJECT

LONGEST_ADDRESS = 500
LONGEST_REASON = 200
LARGEST_VALUE = 10**14


class InvalidFacts(ValueError):
    """An event that says something else than its kind allows; the text is one line."""


class Said(NamedTuple):
    """What an event says, as the log keeps it."""

    subject: str
    value: Decimal | None
    data: dict[str, Any]


class Facts(BaseModel):
    """The base of every schema: no field beside those that are named.

    Fields and computed fields called ``subject`` and ``value`` become the columns of the event,
    all others its data. What is None is left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def checked(schema: type[Facts], given: dict[str, Any]) -> Said:
    """``given`` as the schema understands it. Raises ``InvalidFacts``."""
    try:
        facts = schema.model_validate(given).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        raise InvalidFacts(reason_of(error)) from error
    subject, value = short(facts.pop("subject", "")), facts.pop("value", None)
    return Said(subject, None if value is None else _number(value), facts)


def _number(value: object) -> Decimal:
    """What the log's column holds."""
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= LARGEST_VALUE:
        raise InvalidFacts("value: out of range")
    return number


def reason_of(error: ValidationError) -> str:
    """The first thing that is wrong, in one line that repeats nothing of what was sent."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    text = f"{place}: {first['msg']}" if place else first["msg"]
    return " ".join(text.split())[:LONGEST_REASON]


def short(text: str) -> str:
    return text.replace("\0", "")[:LONGEST_SUBJECT]


def bare_address(address: str) -> str:
    """Without account, query and fragment: they may say who somebody is."""
    parts = parts_of(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address of the web")
    host = parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{host}{parts.path}"[:LONGEST_ADDRESS]


def parts_of(address: str) -> SplitResult:
    """Raises ``ValueError``, whose words repeat nothing of it."""
    try:
        return urlsplit(address)
    except ValueError:  # "http://[" is no address
        raise ValueError("not an address") from None


def host_of(address: str) -> str:
    return urlsplit(address).hostname or ""


# Text of at most the length of a subject; what is longer is cut.
ShortText = Annotated[str, AfterValidator(short)]
# http or https, without account, query and fragment.
WebAddress = Annotated[str, AfterValidator(bare_address)]
