"""What led somebody here: UTM parameters and the site of the link, for the length of a visit."""

import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import HttpRequest

from .snapshots import ask_cache

if TYPE_CHECKING:
    from .context import Crm

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
# Longer values are not campaigns but somebody playing.
LONGEST_VALUE = 100
# After so long without a page it is another visit.
VISIT = datetime.timedelta(minutes=30)


def touch_of(request: HttpRequest) -> dict[str, str]:
    """UTM parameters and the foreign site (``referrer``) that led to this page, if any did."""
    parameters = request.GET
    touch = {name: _short(parameters[name]) for name in UTM if name in parameters}
    if (host := _referring_host(request)) and host != urlsplit(f"//{request.get_host()}").hostname:
        touch["referrer"] = _short(host)
    return touch


def touch_of_visit(crm: "Crm") -> dict[str, str]:
    """What led to the first page of this visit; without consent, to this page only."""
    touch = touch_of(crm.request)
    if touch or crm.visitor_id is None:
        return touch
    remembered: Any = ask_cache("get", _key(crm.visitor_id))
    return remembered if isinstance(remembered, dict) else {}


def remember_touch(visitor_id: UUID, touch: dict[str, str]) -> None:
    """For the further pages of the visit."""
    ask_cache("set", _key(visitor_id), touch, VISIT.total_seconds())


def forget_touch(visitor_id: UUID, **kwargs: Any) -> None:
    """Receiver of ``visitor_forgotten``."""
    ask_cache("delete", _key(visitor_id))


def _key(visitor_id: UUID) -> str:
    return f"crm:touch:{visitor_id}"


def _referring_host(request: HttpRequest) -> str | None:
    referrer = request.META.get("HTTP_REFERER")
    if not referrer:
        return None
    try:
        return urlsplit(referrer).hostname
    except ValueError:  # "http://[" is no address
        return None


def _short(value: str) -> str:
    return value.replace("\0", "")[:LONGEST_VALUE]
