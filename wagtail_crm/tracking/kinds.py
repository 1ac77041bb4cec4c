"""Which events exist: each kind has a name, an icon and a sentence for the timeline."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise

from wagtail_crm.registry import Registry

if TYPE_CHECKING:
    from .models import Event

Text = str | Promise


def no_details(event: "Event") -> str:
    return ""


def page_address(event: "Event") -> str:
    """The public address of the page it happened on, if it still has one."""
    return (event.page.get_url() or "") if event.page else ""


@dataclass(frozen=True)
class EventKind:
    """One kind of event.

    ``label`` completes "Members who …" in a rule and stands in filters ("Viewed a page").
    ``group`` is the filter of the timeline it belongs to. ``details`` says what it was about, in
    the active language, for one stored event. ``address`` is where an editor may look at it, by
    default the page it happened on. ``unit`` is the unit of ``Event.value``.
    ``countable`` kinds can be chosen in behaviour rules and points rules. ``permission`` is the
    full name of the permission an editor needs to read of it in a member's timeline.

    ``did`` and ``did_not`` are what a segment's sentence says of its members: "who viewed
    %(what)s %(often)s", with ``something`` for ``%(what)s`` when the rule names nothing, and
    ``anything`` after ``did_not``. Their Japanese ends in the te-form
    (「%(what)sを%(often)s見て」): いる or いない follows.
    """

    slug: str
    label: Text
    icon: str = "circle-check"
    group: Text = ""
    details: Callable[["Event"], str] = no_details
    unit: Text = ""
    countable: bool = True
    did: Text = ""
    did_not: Text = ""
    something: Text = ""
    anything: Text = ""
    address: Callable[["Event"], str] = page_address
    permission: str = ""


event_kinds: Registry[EventKind] = Registry("register_crm_event_kinds", EventKind)


class UnknownKind(ValueError):
    """An event of a kind that nobody registered."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no event kind '{kind}'.")


def require_kind(slug: str) -> EventKind:
    """The registered kind. Raises ``UnknownKind``."""
    try:
        return event_kinds[slug]
    except KeyError:
        raise UnknownKind(slug) from None
