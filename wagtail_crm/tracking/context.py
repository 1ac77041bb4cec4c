"""``request.crm``: who is looking, what is known of them, and a way to record what they do."""

import uuid
from collections.abc import Callable, Set
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import LazyObject, empty
from wagtail.models import Site

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.models import Member
from wagtail_crm.registry import Registry

from . import consent
from .countries import country_of, place_of
from .devices import device_of, is_machine
from .events import NO_PAGE, NewEvent
from .kinds import require_kind
from .schemas import Said
from .snapshots import NOTHING_KNOWN, Snapshot, snapshot_of


@dataclass(frozen=True)
class RequestPart:
    """``of`` takes ``request.crm`` and returns what pages may ask; kept for the request."""

    slug: str
    of: Callable[["Crm"], Any]


request_parts: Registry[RequestPart] = Registry("register_crm_request_parts", RequestPart)


class Crm:
    """Lazy: a request that asks nothing costs nothing, and whatever it asks is one cached read.

    Who asks for the member, or anything of them, makes the response theirs alone.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.pending: list[NewEvent] = []
        self.new_visitor_id: uuid.UUID | None = None
        self.depends_on_cookies = False
        # The page itself asks for consent: no bar beside it.
        self.is_asking = False
        self.is_private = False
        self.varies_by_device = False
        self.varies_by_country = False
        # The Wagtail page that is being made.
        self.page: Any = None

    @cached_property
    def snapshot(self) -> Snapshot:
        """What is known of who is looking; see :mod:`wagtail_crm.tracking.snapshots`.

        Where the page has loaded the user, that user; else the account of the session, without
        loading it, if the session is one that ``django.contrib.auth`` would accept.
        """
        user = getattr(self.request, "user", None)
        if user is not None and not (isinstance(user, LazyObject) and user._wrapped is empty):
            return snapshot_of(user.pk) if user.is_authenticated else NOTHING_KNOWN
        session = getattr(self.request, "session", None)
        if session is None or not (session.session_key or session.modified):
            return NOTHING_KNOWN
        user_id = session.get(SESSION_KEY)
        if user_id is None:
            return NOTHING_KNOWN
        snapshot = snapshot_of(get_user_model()._meta.pk.to_python(user_id))
        proof = session.get(HASH_SESSION_KEY, "")
        valid = any(constant_time_compare(proof, sign) for sign in snapshot.get("sessions", ()))
        return snapshot if valid else NOTHING_KNOWN

    def reset(self) -> None:
        """Forget who is looking: somebody logs in or out."""
        for name in ("snapshot", "member", "may_track", "segments"):
            self.__dict__.pop(name, None)

    @property
    def member_id(self) -> int:
        """Primary key of the member, 0 for anybody else."""
        self.mark_personal()
        return self._member_id

    @property
    def _member_id(self) -> int:
        return self.snapshot["member_id"]

    @cached_property
    def member(self) -> Member | None:
        """The member, from the database; prefer the snapshot where it suffices."""
        if not self.member_id:
            return None
        return Member.objects.present().filter(pk=self.member_id).first()

    @cached_property
    def segments(self) -> Set[int]:
        """Ids of the segments who is looking is in: member, known browser, or this very visit."""
        return request_parts["segments"].of(self) if "segments" in request_parts else frozenset()

    def part(self, slug: str, default: Any = None) -> Any:
        """A contributed part of the snapshot, e.g. ``part("points")``."""
        self.mark_personal()
        return self.snapshot.get(slug, default)

    @cached_property
    def may_track(self) -> bool:
        """Whether this visit may be recorded: consent, browser signals, no staff, no machine."""
        if self.snapshot.get("staff") and not crm_settings.track_staff:
            return False
        if not consent.may_record(self.request, self.snapshot.get("profiling")):
            return False
        return not is_machine(self.user_agent)

    def mark_personal(self) -> None:
        """The response shows what it shows because of who is looking: no shared cache keeps it."""
        self.depends_on_cookies = True
        self.is_private = self.is_private or bool(self._member_id)

    @property
    def must_ask(self) -> bool:
        """Whether to show the consent bar. A page that reads this depends on cookies."""
        self.depends_on_cookies = True
        return consent.must_ask(self.request, self.snapshot.get("profiling"))

    @cached_property
    def site_id(self) -> int | None:
        """The Wagtail site that was asked."""
        site = Site.find_for_request(self.request)
        return None if site is None else site.pk

    @property
    def user_agent(self) -> str:
        return self.request.META.get("HTTP_USER_AGENT", "")

    @property
    def device(self) -> str:
        """``phone``, ``tablet``, ``computer`` or ``other``."""
        return device_of(self.user_agent)["device"]

    @property
    def country(self) -> str:
        """Two letters (ISO 3166-1), "" where unknown. A page that reads this depends on it."""
        self.varies_by_country = True
        return country_of(self.request)

    @property
    def visitor_id(self) -> uuid.UUID | None:
        """The browser's random id, or None without consent; see :meth:`ensure_visitor_id`."""
        if self.new_visitor_id is not None:
            return self.new_visitor_id
        return consent.visitor_id_of(self.request) if self.may_track else None

    @property
    def is_preview(self) -> bool:
        """Whether an editor looks at what is not published; maybe with somebody else's eyes."""
        return getattr(self.request, "is_preview", False)

    @property
    def is_to_be_forgotten(self) -> bool:
        """A member who said no, on a browser that still has our number. Asks nothing itself."""
        if self.is_preview:  # the browser is the editor's, whomever they look as
            return False
        known = self.__dict__.get("snapshot", NOTHING_KNOWN)
        return known.get("profiling") is False and consent.visitor_id_of(self.request) is not None

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

        ``subject`` is cut where the log's column ends: it may be what a visitor typed. Raises
        ``UnknownKind`` for a kind that nobody registered, and ``InvalidFacts`` for what the
        kind's schema does not allow, whoever is looking.
        """
        said = require_kind(kind).said(subject, value, data)
        return self.note(kind, said, NO_PAGE if page is None else page.pk)

    async def atrack(self, kind: str, **said: Any) -> NewEvent | None:
        """:meth:`track` for async views: who is looking may have to be asked of the database."""
        return await sync_to_async(self.track)(kind, **said)

    def note(self, kind: str, said: Said, page_id: int) -> NewEvent | None:
        """Like :meth:`track`, for what has been checked. Previews say nothing of a visit."""
        if self.is_preview or not self.may_track:
            return None
        event = NewEvent(
            kind=kind,
            member_id=self._member_id,
            visitor_id=self.ensure_visitor_id(),
            page_id=page_id,
            site_id=self.site_id,
            subject=said.subject,
            value=said.value,
            data=device_of(self.user_agent) | place_of(self.request) | said.data,
        )
        self.pending.append(event)
        return event
