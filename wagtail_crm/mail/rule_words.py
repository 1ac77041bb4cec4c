"""What a segment's sentence says about mails."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext, ngettext, npgettext

from wagtail_crm.segments.rules.words import Clause, Ending

if TYPE_CHECKING:
    from .rules import MailDeed


def clause_of(rule: "MailDeed") -> Clause:
    template = _of_any(rule.deed) if rule.campaign_id is None else _of_one(rule.deed)
    text = template % {"campaign": rule.name, "when": _when(rule), "soon": _soon(rule)}
    # A part that says nothing leaves a gap.
    return Clause(" ".join(text.split()), Ending.NOT_DOING if rule.negated else Ending.DOING)


def _of_one(deed: str) -> str:
    return {
        "sent": gettext("who got the mail “%(campaign)s” %(when)s"),
        "opened": gettext("who opened the mail “%(campaign)s” %(when)s"),
        "not_opened": gettext(
            "who got the mail “%(campaign)s” %(when)s and did not open it %(soon)s"
        ),
        "clicked": gettext("who clicked in the mail “%(campaign)s” %(when)s"),
        "not_clicked": gettext(
            "who got the mail “%(campaign)s” %(when)s and did not click in it %(soon)s"
        ),
    }[deed]


def _of_any(deed: str) -> str:
    return {
        "sent": gettext("who got a mail %(when)s"),
        "opened": gettext("who opened a mail %(when)s"),
        "not_opened": gettext("who got mail %(when)s and opened none of it %(soon)s"),
        "clicked": gettext("who clicked in a mail %(when)s"),
        "not_clicked": gettext("who got mail %(when)s and clicked in none of it %(soon)s"),
    }[deed]


def _when(rule: "MailDeed") -> str:
    """When they got, opened or clicked it: "in the last 30 days"."""
    if rule.within is None:
        return rule.window.words()
    if rule.negated:
        return ""
    words = ngettext(
        "within %(n)d day of getting it", "within %(n)d days of getting it", rule.within
    )
    return words % {"n": rule.within}


def _soon(rule: "MailDeed") -> str:
    """How soon they did not: "within 3 days"."""
    if rule.within is None or not rule.negated:
        return ""
    words = npgettext("after a mail was sent", "within %(n)d day", "within %(n)d days", rule.within)
    return words % {"n": rule.within}
