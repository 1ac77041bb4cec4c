"""What a segment's sentence says about behaviour."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, pgettext

from wagtail_crm.tracking.kinds import EventKind, event_kinds

from .words import Clause, Ending, inside_sentence

if TYPE_CHECKING:
    from .behaviour import Did


def clause_of(rule: "Did") -> Clause:
    kind = event_kinds.get(rule.kind)
    negative = rule.comparison == "at_most" or (rule.comparison == "exactly" and not rule.amount)
    template = _template(kind, negative)
    often = _often(rule, str(kind.unit) if kind else "")
    what, details = _what(rule, kind)
    what = what or str(kind.anything if negative else kind.something) if kind else what
    if details and "%(what)s" in template:
        what = gettext("%(what)s (%(name)s)") % {"what": what, "name": _listed(details)}
    elif details:
        told = pgettext("details of what was done, and how often", "(%(name)s) %(often)s")
        often = told % {"name": _listed(details), "often": often}
    text = template % {"what": what, "often": often}
    # A part that says nothing leaves a gap.
    text = " ".join(text.split())
    return Clause(text, Ending.NOT_DOING if negative else Ending.DOING)


def _template(kind: EventKind | None, negative: bool) -> str:
    own = str(kind.did_not if negative else kind.did) if kind else ""
    return own or (
        pgettext("behaviour", "who have not done %(what)s %(often)s")
        if negative
        else pgettext("behaviour", "who have done %(what)s %(often)s")
    )


def _what(rule: "Did", kind: EventKind | None) -> tuple[str, list[str]]:
    """What it was done to, if the rule names it, and what else counts of it only."""
    where, thing = rule.place.words(), rule.things() or _quoted(rule, kind)
    details = [*rule.place.details(), *(each.words() for each in rule.properties)]
    if rule.subject and not thing:
        details.insert(0, rule.subject.partition(":")[2] or rule.subject)
    if kind is None or not kind.did:
        thing = gettext("“%(label)s”") % {
            "label": inside_sentence(str(kind.label)) if kind else rule.kind
        }
    if where and (thing or not _is_done_to_pages(kind)):
        details.insert(0, gettext("on %(pages)s") % {"pages": where})
        where = ""
    return thing or where, details


def _is_done_to_pages(kind: EventKind | None) -> bool:
    """Whether its sentence has a place for the page: "viewed Baking", but not "signed in"."""
    return kind is not None and "%(what)s" in str(kind.did) and not kind.quoted


def _quoted(rule: "Did", kind: EventKind | None) -> str:
    if not (kind and kind.quoted and rule.subject):
        return ""
    return str(kind.quoted) % {"subject": rule.subject}


def _listed(details: list[str]) -> str:
    return pgettext("things in a row", ", ").join(details)


def _often(rule: "Did", unit: str) -> str:
    parts = {"amount": _how_much(rule, unit), "days": rule.window.words()}
    if rule.comparison == "first":
        return pgettext("the first time, and when", "for the first time %(days)s") % parts
    if rule.comparison == "nth":
        parts["time"] = _nth(int(rule.amount))
        return pgettext("which time, and when", "for the %(time)s time %(days)s") % parts
    if rule.comparison == "last":
        return pgettext("the last time, and when", "for the last time %(days)s") % parts
    return pgettext("how often, and when", "%(amount)s %(days)s") % parts


def _how_much(rule: "Did", unit: str) -> str:
    if rule.comparison in ("first", "last", "nth"):
        return ""
    if rule.measure in ("value", "single"):
        amount = number_format(Decimal(rule.amount).normalize(), force_grouping=True)
        return _WORTH[rule.measure, rule.comparison]() % {"amount": amount, "unit": unit}
    number = int(rule.amount)
    if number == 0 and rule.comparison != "at_least":
        return ""
    if number == 1 and (rule.measure, rule.comparison) == ("times", "at_least"):
        return ""
    return _COUNTED[rule.measure, rule.comparison](number) % {"n": number}


def _nth(number: int) -> str:
    """ "3rd"; in other languages whatever stands before "time"."""
    is_teen = 10 < number % 100 < 14
    return _ORDINALS[0 if is_teen else min(number % 10, 4) % 4]() % {"n": number}


_ORDINALS: list[Callable[[], str]] = [
    lambda: pgettext("ordinal number", "%(n)dth"),
    lambda: pgettext("ordinal number", "%(n)dst"),
    lambda: pgettext("ordinal number", "%(n)dnd"),
    lambda: pgettext("ordinal number", "%(n)drd"),
]


def _at_least(times: int) -> str:
    if times == 2:
        return gettext("at least twice")
    return ngettext("at least %(n)d time", "at least %(n)d times", times)


def _more_than(times: int) -> str:
    if times == 1:
        return gettext("more than once")
    return ngettext("more than %(n)d time", "more than %(n)d times", times)


def _exactly(times: int) -> str:
    if times <= 2:
        return gettext("exactly once") if times == 1 else gettext("exactly twice")
    return ngettext("exactly %(n)d time", "exactly %(n)d times", times)


_COUNTED: dict[tuple[str, str], Callable[[int], str]] = {
    ("times", "at_least"): _at_least,
    ("times", "at_most"): _more_than,
    ("times", "exactly"): _exactly,
    ("days", "at_least"): lambda n: ngettext("on at least %(n)d day", "on at least %(n)d days", n),
    ("days", "at_most"): lambda n: ngettext("on more than %(n)d day", "on more than %(n)d days", n),
    ("days", "exactly"): lambda n: ngettext("on exactly %(n)d day", "on exactly %(n)d days", n),
}

_WORTH: dict[tuple[str, str], Callable[[], str]] = {
    ("value", "at_least"): lambda: gettext("for at least %(amount)s %(unit)s in total"),
    ("value", "at_most"): lambda: gettext("for more than %(amount)s %(unit)s in total"),
    ("single", "at_least"): lambda: gettext("for at least %(amount)s %(unit)s at once"),
    ("single", "at_most"): lambda: gettext("for more than %(amount)s %(unit)s at once"),
}
