"""``request.crm``: who is looking, what is known of them, and a way to record what they do."""

import uuid
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user_model
from django.http import HttpRequest
from wagtail.models import Site

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.models import Member

from . import consent
from .devices import device_of, is_machine
from .events import NO_PAGE, NOBODY, NewEvent
from .kinds import require_kind
from .snapshots import Snapshot, snapshot_of

NOTHING_KNOWN: Snapshot = {"member_id": NOBODY}


class Crm:
    """Lazy: a request that asks nothing costs nothing, and whatever it asks is one cached read."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.pending: list[NewEvent] = []
        self.new_visitor_id: uuid.UUID | None = None

    @cached_property
    def user_id(self) -> Any:
        """The account of the session, read without loading the user; None when anonymous."""
        session = getattr(self.request, "session", None)
        if session is None or not (session.session_key or session.modified):
            return None
        user_id = session.get(SESSION_KEY)
        return None if user_id is None else get_user_model()._meta.pk.to_python(user_id)

    @cached_property
    def snapshot(self) -> Snapshot:
        """What is known of the member; see :mod:`wagtail_crm.tracking.snapshots`."""
        return NOTHING_KNOWN if self.user_id is None else snapshot_of(self.user_id)

    def reset(self) -> None:
        """Forget who is looking: somebody has just logged in or out."""
        for name in ("user_id", "snapshot", "member", "may_track", "is_recordable", "segments"):
            self.__dict__.pop(name, None)

    @property
    def member_id(self) -> int:
        """Primary key of the member, 0 for anybody else."""
        return self.snapshot["member_id"]

    @cached_property
    def member(self) -> Member | None:
        """The member, from the database; prefer the snapshot where it suffices."""
        return Member.objects.filter(pk=self.member_id).first() if self.member_id else None

    @cached_property
    def segments(self) -> frozenset[int]:
        """Ids of the segments the member is in."""
        return frozenset(self.part("segments", ()))

    def part(self, slug: str, default: Any = None) -> Any:
        """A contributed part of the snapshot, e.g. ``part("points")``."""
        return self.snapshot.get(slug, default)

    @cached_property
    def may_track(self) -> bool:
        """Whether this visit may be recorded: consent, browser signals, no staff, no machine."""
        if self.snapshot.get("staff") and not crm_settings.track_staff:
            return False
        if not consent.may_record(self.request, self.part("profiling")):
            return False
        return not is_machine(self.request.headers.get("User-Agent", ""))

    @property
    def device(self) -> str:
        """``phone``, ``tablet``, ``computer`` or ``other``."""
        return device_of(self.request.headers.get("User-Agent", ""))["device"]

    @property
    def visitor_id(self) -> uuid.UUID | None:
        """The browser's random id, or None without consent; see :meth:`ensure_visitor_id`."""
        if self.new_visitor_id is not None:
            return self.new_visitor_id
        return consent.visitor_id_of(self.request) if self.may_track else None

    def ensure_visitor_id(self) -> uuid.UUID:
        """The browser's id; a browser without one gets it with this response."""
        return self.visitor_id or self.renew_visitor_id()

    def renew_visitor_id(self) -> uuid.UUID:
        """Give the browser a new id: its owner has changed."""
        self.new_visitor_id = uuid.uuid4()
        return self.new_visitor_id

    def track(
        self,
        kind: str,
        *,
        page: Any = None,
        subject: str = "",
        value: Decimal | int | None = None,
        **data: Any,
    ) -> NewEvent | None:
        """Record an event of this visit after the response; None when it may not be recorded.

        Raises ``UnknownKind`` for a kind that nobody registered.
        """
        require_kind(kind)
        if not self.may_track:
            return None
        site = Site.find_for_request(self.request)
        event = NewEvent(
            kind=kind,
            member_id=self.member_id,
            visitor_id=self.ensure_visitor_id(),
            page_id=NO_PAGE if page is None else page.pk,
            site_id=None if site is None else site.pk,
            subject=subject,
            value=None if value is None else Decimal(value),
            data=device_of(self.request.headers.get("User-Agent", "")) | data,
        )
        self.pending.append(event)
        return event
