"""The one shape of everything that happens: what is known of an event before it is written."""

import datetime
import hashlib
import json
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
import uuid_utils.compat as uuid7_source
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

# Stored where there is no member or no page: unique keys and joins need no nulls then.
NOBODY = 0
NO_PAGE = 0
# What the columns hold.
LONGEST_SUBJECT = 120

# What msgspec does not know, e.g. a lazy translation, becomes what Django makes of it.
_as_django_does = DjangoJSONEncoder().default
_encode = msgspec.json.Encoder(enc_hook=_as_django_does).encode


def new_event_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562 §5.7): ordered by time, and the key that makes writing idempotent."""
    return uuid7_source.uuid7()


def event_id_for(at: datetime.datetime, *key: object) -> uuid.UUID:
    """The same UUIDv7 each time for the same moment and ``key``.

    For facts that have a name of their own, an imported order line or an answered survey:
    recording them again changes nothing.
    """
    digest = hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()
    milliseconds = int(at.timestamp() * 1000)
    value = milliseconds << 80 | int.from_bytes(digest[:10])
    value = value & ~(0xF << 76) | (7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return uuid.UUID(int=value)


class NewEvent(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An event on its way into the log.

    ``subject`` names what it was about (``campaign:12``, ``sku:P08``), ``value`` is a number in
    the unit of the kind (yen, points, seconds), ``data`` whatever else the kind's schema allows.
    """

    kind: str
    id: uuid.UUID = msgspec.field(default_factory=new_event_id)
    at: datetime.datetime = msgspec.field(default_factory=timezone.now)
    member_id: int = NOBODY
    visitor_id: uuid.UUID | None = None
    page_id: int = NO_PAGE
    site_id: int | None = None
    subject: str = ""
    value: Decimal | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    # Nobody was signed in; it is the member's because the browser is.
    handed_over: bool = False
    # A machine's visit: kept in the log, left out of the totals.
    uncounted: bool = False

    @property
    def is_visit(self) -> bool:
        """Whether a browser was there: such events know their site."""
        return self.site_id is not None

    def anonymous(self) -> "NewEvent":
        """The same, without who it was."""
        return msgspec.structs.replace(self, member_id=NOBODY, visitor_id=None, handed_over=False)

    def check(self) -> None:
        """Raise ``ValueError`` for what some database would take and another would not."""
        if self.at.tzinfo is None:
            raise ValueError("The moment of an event needs a time zone.")
        if len(self.subject) > LONGEST_SUBJECT:
            raise ValueError(f"The subject is longer than {LONGEST_SUBJECT} characters.")
        if self.value is not None and not self.value.is_finite():
            raise ValueError("The value of an event is a finite number.")

    def to_json(self) -> bytes:
        """Compact JSON for the buffer; :meth:`from_json` is its inverse.

        Half a character (a lone surrogate) is escaped: no column holds it, so :meth:`from_json`
        refuses the event, which is then set aside rather than lost.
        """
        try:
            return _encode(self)
        except UnicodeEncodeError:
            return json.dumps(msgspec.to_builtins(self, enc_hook=_as_django_does)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "NewEvent":
        """Raises ``ValueError`` for anything but an event."""
        [event] = read_events([text])
        return cls(**msgspec.structs.asdict(event))


class _Written(NewEvent, frozen=True, kw_only=True):
    """An event that was written down: a new id would make it another one."""

    id: uuid.UUID
    at: datetime.datetime


_decode = msgspec.json.Decoder(_Written).decode


def read_events(payloads: Iterable[bytes]) -> list[NewEvent]:
    """Many times :meth:`NewEvent.from_json`, without copying each. Raises ``ValueError``."""
    try:
        events: list[NewEvent] = [_decode(payload) for payload in payloads]
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"Not an event: {error}") from error
    for event in events:
        event.check()
    return events


def as_json(data: dict[str, Any]) -> str:
    """The details of an event as the log keeps them."""
    return _encode(data).decode() if data else "{}"
