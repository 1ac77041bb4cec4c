"""Who sees a block, a page or a mail part: one value object and one decision."""

import datetime
import hashlib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.template import Context
from django.utils import timezone


class Reason(StrEnum):
    """Why something is shown or hidden."""

    EVERYBODY = "everybody"
    IN_SEGMENT = "in_segment"
    NOT_IN_SEGMENT = "not_in_segment"
    EXCLUDED = "excluded"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    OTHER_DEVICE = "other_device"
    OUTSIDE_SHARE = "outside_share"


@dataclass(frozen=True)
class Decision:
    """The answer, its reason, and the segments that made it so."""

    shown: bool
    reason: Reason
    segments: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Viewer:
    """Who is looking, as far as an audience cares; the same for a page and for a mail."""

    segments: Set[int] = frozenset()
    device: str = ""
    key: str = ""
    now: datetime.datetime = field(default_factory=timezone.now)

    @classmethod
    def of_context(cls, context: Mapping[str, Any] | Context | None) -> "Viewer":
        """``crm_viewer`` of a template context if somebody put one there, else the request's."""
        if context is None:
            return cls()
        if "crm_viewer" in context:
            return context["crm_viewer"]
        crm = getattr(context.get("request"), "crm", None)
        return cls() if crm is None else cls.of_request(crm)

    @classmethod
    def of_request(cls, crm: Any) -> "Viewer":
        """The viewer of ``request.crm``. Its response will be kept from shared caches."""
        return RequestViewer(crm)


class RequestViewer(Viewer):
    """A viewer who is asked for a device, a key or the time only where an audience needs one."""

    def __init__(self, crm: Any) -> None:
        crm.mark_personal()
        self.__dict__.update(crm=crm, segments=crm.segments)

    @cached_property
    def now(self) -> datetime.datetime:
        return timezone.now()

    @cached_property
    def device(self) -> str:
        self.__dict__["crm"].varies_by_device = True
        return self.__dict__["crm"].device

    @cached_property
    def key(self) -> str:
        crm = self.__dict__["crm"]
        return str(crm.member_id or crm.visitor_id or "")


@dataclass(frozen=True)
class Audience:
    """Some segments, dates, devices and a share of people; empty parts allow everybody.

    ``share`` is a percentage, chosen per person by a stable hash: the same people each time,
    others for another ``seed``. People without an id are outside every share below 100.
    """

    segments: frozenset[int] = frozenset()
    need_all: bool = False
    excluded: frozenset[int] = frozenset()
    starts: datetime.datetime | None = None
    ends: datetime.datetime | None = None
    devices: frozenset[str] = frozenset()
    share: int = 100
    seed: str = ""

    @property
    def is_everybody(self) -> bool:
        return self == Audience(seed=self.seed)

    def decide(self, viewer: Viewer) -> Decision:
        """Whether ``viewer`` belongs to it, and why."""
        if self.starts and viewer.now < self.starts:
            return Decision(False, Reason.TOO_EARLY)
        if self.ends and viewer.now >= self.ends:
            return Decision(False, Reason.TOO_LATE)
        if self.devices and viewer.device not in self.devices:
            return Decision(False, Reason.OTHER_DEVICE)
        if not self._in_share(viewer):
            return Decision(False, Reason.OUTSIDE_SHARE)
        return self._decide_by_segments(viewer)

    def _decide_by_segments(self, viewer: Viewer) -> Decision:
        if against := frozenset(pk for pk in self.excluded if pk in viewer.segments):
            return Decision(False, Reason.EXCLUDED, against)
        if not self.segments:
            return Decision(True, Reason.EVERYBODY)
        common = frozenset(pk for pk in self.segments if pk in viewer.segments)
        if common and (not self.need_all or common == self.segments):
            return Decision(True, Reason.IN_SEGMENT, common)
        return Decision(False, Reason.NOT_IN_SEGMENT, self.segments - common)

    def _in_share(self, viewer: Viewer) -> bool:
        if self.share >= 100:
            return True
        return bool(viewer.key) and bucket(self.seed, viewer.key) < self.share


def bucket(seed: str, key: str) -> int:
    """A number from 0 to 99, the same each time for the same ``seed`` and ``key``."""
    digest = hashlib.sha256(f"{seed}\x1f{key}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100
