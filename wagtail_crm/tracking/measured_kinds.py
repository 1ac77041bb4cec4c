"""The kinds of event that a page measures in the browser, and what browsers may say of them."""

from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import AfterValidator, Field, computed_field

from .kinds import EventKind
from .models import Event
from .schemas import Facts, ShortText, WebAddress, host_of, parts_of, short

VISITS = _("Visits")
# Nobody looks at one page for longer without ever leaving it.
LONGEST_STAY = 4 * 60 * 60


def page_title(event: Event) -> str:
    """Its title; of a page that is not ours, from an import, its path."""
    if event.page:
        return event.page.title
    return event.data.get("path") or gettext("a page that no longer exists")


def on_page(event: Event, what: str) -> str:
    """ "film.webm, on Sourdough", or what is known of it."""
    if not event.page:
        return what
    if not what:
        return event.page.title
    return gettext("%(what)s, on “%(page)s”") % {"what": what, "page": event.page.title}


def named_video(text: str) -> str:
    """A label, or of an address the path: the same film on every host."""
    parts = parts_of(text)
    if parts.scheme in ("http", "https"):
        return short(unquote(parts.path))[:100]
    return "" if parts.scheme in ("blob", "data") else text[:100]


class Engagement(Facts):
    """Seconds that somebody was there, and how far down the page they came in per cent."""

    value: int = Field(ge=1, le=LONGEST_STAY)
    scroll: int = Field(ge=0, le=100)


class OutboundClick(Facts):
    """The subject is the host of the other site."""

    url: WebAddress

    @computed_field  # type: ignore[prop-decorator]
    @property
    def subject(self) -> str:
        return short(host_of(self.url))


class Download(Facts):
    """A file. Of a document the site knows which; else the subject is where it lies."""

    url: WebAddress
    title: ShortText | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def subject(self) -> str:
        return short(f"file:{unquote(urlsplit(self.url).path)}")


class Document(Facts):
    """What the site itself says of a download."""

    subject: ShortText
    title: ShortText


class VideoCompleted(Facts):
    """``video`` is the film's label or address."""

    video: Annotated[str, AfterValidator(named_video)] = ""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def subject(self) -> str:
        return short(f"video:{self.video}") if self.video else ""


class VideoProgress(VideoCompleted):
    percent: Literal[25, 50, 75]


def stay(event: Event) -> str:
    title, seconds = page_title(event) if event.page_id else "", int(event.value or 0)
    words = {"title": title, "time": duration(seconds), "percent": event.data.get("scroll", 0)}
    return gettext("%(title)s %(time)s, down to %(percent)s%%").strip() % words


def duration(seconds: int) -> str:
    if seconds < 60:
        return gettext("%(seconds)s sec") % {"seconds": seconds}
    return gettext("%(minutes)s min") % {"minutes": round(seconds / 60)}


def foreign_address(event: Event) -> str:
    return on_page(event, event.data.get("url", "").partition("://")[2] or event.subject)


def file_name(event: Event) -> str:
    path = urlsplit(event.data.get("url", "")).path
    return on_page(event, event.data.get("title") or unquote(path.rpartition("/")[2]))


def film(event: Event) -> str:
    name = event.subject.partition(":")[2].rpartition("/")[2]
    if percent := event.data.get("percent"):
        name = f"{name} {percent}%".strip()
    return on_page(event, name)


KINDS = [
    EventKind(
        "engagement",
        _("Stayed on a page"),
        "time",
        VISITS,
        stay,
        unit=_("seconds"),
        did=_("who stayed on %(what)s %(often)s"),
        did_not=_("who did not stay on %(what)s %(often)s"),
        something=_("a page"),
        anything=_("any page"),
        schema=Engagement,
        from_browser=True,
    ),
    EventKind(
        "outbound_click",
        _("Followed a link to another site"),
        "link-external",
        VISITS,
        foreign_address,
        did=_("who followed a link on %(what)s to another site %(often)s"),
        did_not=_("who did not follow a link on %(what)s to another site %(often)s"),
        something=_("a page"),
        anything=_("any page"),
        schema=OutboundClick,
        from_browser=True,
    ),
    EventKind(
        "download",
        _("Downloaded a file"),
        "download",
        VISITS,
        file_name,
        did=_("who downloaded a file from %(what)s %(often)s"),
        did_not=_("who did not download a file from %(what)s %(often)s"),
        something=_("a page"),
        anything=_("any page"),
        schema=Document,
        from_browser=Download,
    ),
    EventKind(
        "video_progress",
        _("Watched part of a video"),
        "media",
        VISITS,
        film,
        did=_("who watched part of the video on %(what)s %(often)s"),
        did_not=_("who did not watch part of the video on %(what)s %(often)s"),
        something=_("a page"),
        anything=_("any page"),
        schema=VideoProgress,
        from_browser=True,
    ),
    EventKind(
        "video_completed",
        _("Watched a video to the end"),
        "media",
        VISITS,
        film,
        did=_("who watched the video on %(what)s to the end %(often)s"),
        did_not=_("who did not watch the video on %(what)s to the end %(often)s"),
        something=_("a page"),
        anything=_("any page"),
        schema=VideoCompleted,
        from_browser=True,
    ),
]
