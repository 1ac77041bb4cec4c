"""The browsers that a member is known by, and how they first came: a tab of the member's page."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from wagtail_crm.members.models import Member

from .actions import LOGIN, REGISTRATION
from .models import Event, Visitor

# Whoever signs out each time has many: the newest say enough.
SHOWN = 20
MAY_UNLINK = "wagtail_crm_tracking.unlink_visitor"
MAY_JUDGE = "wagtail_crm_tracking.judge_visitor"
WAYS = {LOGIN: _("signed in there"), REGISTRATION: _("registered there")}
BY_MAIL = _("followed a link in a mail")
# What a touch says, in the order in which it is read; the referring site needs no name.
UTM_NAMES = {
    "utm_campaign": _("campaign"),
    "utm_source": _("source"),
    "utm_medium": _("medium"),
    "utm_content": pgettext_lazy("of a campaign", "content"),
    "utm_term": _("search word"),
}


def browsers_tab(request: HttpRequest, member: Member) -> dict[str, Any]:
    browsers = list(with_device(Visitor.objects.of_member(member))[: SHOWN + 1])
    first = Visitor.objects.of_member(member).order_by("first_seen_at").first()
    return {
        "browsers": [(browser, device_in_words(browser), way(browser)) for browser in browsers][
            :SHOWN
        ],
        "more": len(browsers) > SHOWN,
        "first": first,
        "first_touch": touch_in_words(first.first_touch) if first else "",
        "latest_touch": next(
            (touch_in_words(browser.last_touch) for browser in browsers if browser.last_touch), ""
        ),
        "may_unlink": request.user.has_perm(MAY_UNLINK),
        "may_judge": request.user.has_perm(MAY_JUDGE),
    }


def with_device(visitors: Any) -> Any:
    """Visitors that know what browser they are, for :func:`device_in_words`."""
    return visitors.annotate(seen=_latest_data())


def _latest_data() -> Subquery:
    """Data of the newest event; from when it was last seen, so that the index finds it at once."""
    events = Event.objects.filter(
        member=OuterRef("member"), visitor=OuterRef("pk"), at__lte=OuterRef("last_seen_at")
    )
    return Subquery(events.newest_first().values("data")[:1])


def device_in_words(browser: Any) -> str:
    """ "Chrome, Windows", as far as the log still knows."""
    data = browser.seen or {}
    names = [data[name] for name in ("browser", "os") if data.get(name) not in (None, "Other")]
    return ", ".join(names) or gettext("A browser")


def way(browser: Visitor) -> str:
    """How it is known to be the member's."""
    return str(BY_MAIL if browser.is_known_by_mail_only else WAYS.get(browser.linked_by, ""))


def touch_in_words(touch: dict[str, str]) -> str:
    """ "google.com · campaign: spring"; who came from nowhere typed the address."""
    parts = [touch["referrer"]] if touch.get("referrer") else []
    parts += [f"{name}: {touch[key]}" for key, name in UTM_NAMES.items() if touch.get(key)]
    return " · ".join(parts) or gettext("directly: an address typed, a bookmark, an app")
