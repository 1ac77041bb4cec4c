"""Which events exist: each kind has a name, an icon and a sentence for the timeline."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from wagtail_crm.registry import Registry

from .schemas import Facts, Said, checked, short

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
    ``only_people`` do what no crawler does, such as signing in: whose browser it was is a person,
    and it counts whatever was thought of that browser.
    ``countable`` kinds can be chosen in behaviour rules and points rules. ``permission`` is the
    full name of the permission an editor needs to read of it in a member's timeline.
    A kind that is not ``listed`` only says more about another event: the timeline leaves it out.

    ``schema`` is what its events may say; None: whatever the site's own code says of them.
    ``from_browser`` lets the site's pages report it through ``crm.track()``: True, or a schema
    for what they may say if that is less than what the site says.

    ``did`` and ``did_not`` are what a segment's sentence says of its members: "who viewed
    %(what)s %(often)s", with ``something`` for ``%(what)s`` when the rule names nothing, and
    ``anything`` after ``did_not``. Their Japanese ends in the te-form
    (「%(what)sを%(often)s見て」): いる or いない follows. Where the subject is words that mean
    themselves, such as those of a search, ``quoted`` is what they stand in: “%(subject)s”.
    """

    slug: str
    label: Text
    icon: str = "circle-check"
    group: Text = ""
    details: Callable[["Event"], str] = no_details
    unit: Text = ""
    countable: bool = True
    only_people: bool = False
    did: Text = ""
    did_not: Text = ""
    something: Text = ""
    anything: Text = ""
    quoted: Text = ""
    address: Callable[["Event"], str] = page_address
    permission: str = ""
    listed: bool = True
    schema: type[Facts] | None = None
    from_browser: bool | type[Facts] = False

    def __post_init__(self) -> None:
        if self.from_browser is True and self.schema is None:
            raise TypeError(
                f"Browsers may not say anything they like: '{self.slug}' has no schema."
            )

    @property
    def browser_schema(self) -> type[Facts] | None:
        """What pages may say of it; None: they may not report it."""
        return self.schema if self.from_browser is True else self.from_browser or None

    def said(self, subject: str, value: Decimal | int | None, data: dict[str, Any]) -> Said:
        """What the site says of an event, as the log keeps it. Raises ``InvalidFacts``.

        ``subject`` is cut where the log's column ends: it may be what a visitor typed.
        """
        if self.schema is None:
            return Said(short(subject), None if value is None else Decimal(value), data)
        given = {"subject": subject} if subject else {}
        return checked(self.schema, given | ({} if value is None else {"value": value}) | data)


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
