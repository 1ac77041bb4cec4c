"""The one shape of everything that happens: what is known of an event before it is written."""

import dataclasses
import datetime
import hashlib
import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import uuid_utils.compat as uuid7_source
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

# Stored where there is no member or no page: unique keys and joins need no nulls then.
NOBODY = 0
NO_PAGE = 0
# What the columns hold.
LONGEST_SUBJECT = 120

_encode = DjangoJSONEncoder(separators=(",", ":")).encode


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


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event on its way into the log.

    ``subject`` names what it was about (``campaign:12``, ``sku:P08``), ``value`` is a number in
    the unit of the kind (yen, points, seconds), ``data`` whatever else the kind's schema allows.
    """

    kind: str
    id: uuid.UUID = field(default_factory=new_event_id)
    at: datetime.datetime = field(default_factory=timezone.now)
    member_id: int = NOBODY
    visitor_id: uuid.UUID | None = None
    page_id: int = NO_PAGE
    site_id: int | None = None
    subject: str = ""
    value: Decimal | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def is_visit(self) -> bool:
        """Whether a browser was there: such events know their site."""
        return self.site_id is not None

    def anonymous(self) -> "NewEvent":
        """The same, without who it was."""
        return dataclasses.replace(self, member_id=NOBODY, visitor_id=None)

    def check(self) -> None:
        """Raise ``ValueError`` for what some database would take and another would not."""
        if self.at.tzinfo is None:
            raise ValueError("The moment of an event needs a time zone.")
        if len(self.subject) > LONGEST_SUBJECT:
            raise ValueError(f"The subject is longer than {LONGEST_SUBJECT} characters.")
        if self.value is not None and not self.value.is_finite():
            raise ValueError("The value of an event is a finite number.")

    def to_json(self) -> bytes:
        """Compact JSON for the buffer; :meth:`from_json` is its inverse."""
        sparse: dict[str, Any] = {
            "kind": self.kind,
            "id": str(self.id),
            "at": self.at.isoformat(),
        }
        if self.visitor_id is not None:
            sparse["visitor_id"] = str(self.visitor_id)
        if self.value is not None:
            sparse["value"] = str(self.value)
        for name in ("member_id", "page_id", "site_id", "subject", "data"):
            if value := getattr(self, name):
                sparse[name] = value
        return _encode(sparse).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "NewEvent":
        """Raises ``ValueError`` for anything but an event."""
        try:
            event = _read(cls, json.loads(text))
        except (TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
            raise ValueError(f"Not an event: {error!r}") from error
        event.check()
        return event


def _read(cls: type[NewEvent], raw: dict[str, Any]) -> NewEvent:
    raw["id"] = uuid.UUID(raw["id"])
    raw["at"] = datetime.datetime.fromisoformat(raw["at"])
    if "visitor_id" in raw:
        raw["visitor_id"] = uuid.UUID(raw["visitor_id"])
    if "value" in raw:
        raw["value"] = Decimal(raw["value"])
    event = cls(**raw)
    numbers = (event.member_id, event.page_id, event.site_id or 0)
    texts = (event.kind, event.subject)
    if not (
        all(isinstance(number, int) for number in numbers)
        and all(isinstance(text, str) for text in texts)
        and isinstance(event.data, dict)
    ):
        raise TypeError("a column has the wrong type")
    return event
