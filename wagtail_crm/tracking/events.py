"""The one shape of everything that happens: what is known of an event before it is written."""

import datetime
import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import uuid_utils.compat as uuid7_source
from django.utils import timezone

# Stored where there is no member or no page: unique keys and joins need no nulls then.
NOBODY = 0
NO_PAGE = 0


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

    def to_json(self) -> bytes:
        """Compact JSON for the buffer; :meth:`from_json` is its inverse."""
        sparse = {
            name: value
            for name, value in asdict(self).items()
            if value not in (None, "", 0, {}) or name == "kind"
        }
        return json.dumps(sparse, default=str, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "NewEvent":
        """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything but an event."""
        raw = json.loads(text)
        raw["id"] = uuid.UUID(raw["id"])
        raw["at"] = datetime.datetime.fromisoformat(raw["at"])
        if visitor_id := raw.get("visitor_id"):
            raw["visitor_id"] = uuid.UUID(visitor_id)
        if "value" in raw:
            raw["value"] = Decimal(raw["value"])
        return cls(**raw)
