"""Audiences in words, for editors."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from wagtail_crm.tracking.devices import DEVICES

from .audience import Audience, Decision, Reason
from .rules.words import listed

Names = Mapping[int, str]


def summary(audience: Audience, names: Names) -> str:
    """Who sees it, in a few words: "Gold or Bakers · not Staff · from 1 May · phone · 50%"."""
    parts = []
    if audience.segments:
        wanted = _named(audience.segments, names)
        parts.append(_all(wanted) if audience.need_all else listed(wanted))
    parts += [
        gettext("not %(segment)s") % {"segment": name} for name in _named(audience.excluded, names)
    ]
    if audience.starts:
        parts.append(gettext("from %(moment)s") % {"moment": _moment(audience.starts)})
    if audience.ends:
        parts.append(gettext("until %(moment)s") % {"moment": _moment(audience.ends)})
    if audience.devices:
        devices = sorted(audience.devices)
        parts.append(listed([str(DEVICES.get(device, device)) for device in devices]))
    if audience.share < 100:
        parts.append(gettext("%(share)d%% of them") % {"share": audience.share})
    return " · ".join(parts) or gettext("Everybody")


def explain(decision: Decision, names: Names) -> str:
    """Why something is shown or hidden: "Shown: in Gold", "Hidden: not in Gold"."""
    reason = {
        Reason.EVERYBODY: gettext("meant for everybody"),
        Reason.IN_SEGMENT: gettext("in %(segments)s"),
        Reason.NOT_IN_SEGMENT: gettext("not in %(segments)s"),
        Reason.EXCLUDED: gettext("in %(segments)s, from whom it is hidden"),
        Reason.TOO_EARLY: gettext("it has not begun"),
        Reason.TOO_LATE: gettext("it is over"),
        Reason.OTHER_DEVICE: gettext("another kind of device"),
        Reason.OUTSIDE_SHARE: gettext("outside the chosen share"),
    }[decision.reason]
    if decision.segments:
        reason %= {"segments": listed(_named(decision.segments, names))}
    text = gettext("Shown: %(reason)s") if decision.shown else gettext("Hidden: %(reason)s")
    return text % {"reason": reason}


def _named(segments: Iterable[int], names: Names) -> list[str]:
    gone = gettext("a segment that no longer exists")
    return sorted(names.get(pk, gone) or "–" for pk in segments)


def _all(names: list[str]) -> str:
    return pgettext("between segments that are all needed", " and ").join(names)


def _moment(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
