"""The kinds of event that every site has."""

from django.utils.formats import number_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from pydantic import NonNegativeInt

from wagtail_crm.members.models import ConsentRecord

from . import measured_kinds
from .kinds import EventKind
from .measured_kinds import VISITS, page_title
from .models import Event
from .schemas import Facts, ShortText

PURCHASES, ACCOUNT = _("Purchases"), _("Account")


class SearchWithoutResult(Facts):
    """The subject is what was searched for."""

    subject: ShortText = ""


class Search(SearchWithoutResult):
    results: NonNegativeInt | None = None


def search_words(event: Event) -> str:
    if event.data.get("results") == 0:
        return gettext("%(words)s (nothing found)") % {"words": event.subject}
    return event.subject


def article(event: Event) -> str:
    """ "Sourdough kit × 2, ¥3,200" as far as it is known."""
    name = event.data.get("name") or event.subject.partition(":")[2]
    quantity = event.data.get("quantity", 1)
    text = name if quantity == 1 else f"{name} × {quantity}"
    if event.value is None:
        return text
    amount = number_format(event.value.normalize(), force_grouping=True)
    currency = event.data.get("currency", "JPY")
    return f"{text}, ¥{amount}" if currency == "JPY" else f"{text}, {amount} {currency}"


def consent_answer(event: Event) -> str:
    purpose = dict(ConsentRecord.Purpose.choices).get(event.subject, event.subject)
    answer = gettext("yes") if event.data.get("granted") else gettext("no")
    return f"{purpose}: {answer}"


KINDS = [
    EventKind(
        "page_view",
        _("Viewed a page"),
        "view",
        VISITS,
        page_title,
        did=_("who viewed %(what)s %(often)s"),
        did_not=_("who did not view %(what)s %(often)s"),
        something=_("a page"),
        anything=_("any page"),
    ),
    *measured_kinds.KINDS,
    EventKind(
        "form_submitted",
        _("Sent a form"),
        "form",
        VISITS,
        page_title,
        did=_("who sent the form on %(what)s %(often)s"),
        did_not=_("who did not send the form on %(what)s %(often)s"),
        something=_("a page"),
        anything=_("any page"),
        schema=Facts,
    ),
    EventKind(
        "search",
        _("Searched the site"),
        "search",
        VISITS,
        search_words,
        did=_("who searched for %(what)s %(often)s"),
        did_not=_("who did not search for %(what)s %(often)s"),
        something=pgettext_lazy("searched for", "something"),
        anything=pgettext_lazy("searched for", "anything"),
        quoted=pgettext_lazy("searched for", "“%(subject)s”"),
        schema=Search,
    ),
    EventKind(
        "search_without_result",
        _("Searched and found nothing"),
        "search",
        VISITS,
        search_words,
        did=_("who searched for %(what)s and found nothing %(often)s"),
        did_not=_("who did not search for %(what)s and find nothing %(often)s"),
        something=pgettext_lazy("searched for", "something"),
        anything=pgettext_lazy("searched for", "anything"),
        quoted=pgettext_lazy("searched for", "“%(subject)s”"),
        listed=False,
        schema=SearchWithoutResult,
    ),
    EventKind(
        "cart_add",
        _("Put into the cart"),
        "tag",
        PURCHASES,
        article,
        did=_("who put %(what)s into the cart %(often)s"),
        did_not=_("who did not put %(what)s into the cart %(often)s"),
        something=pgettext_lazy("bought", "something"),
        anything=pgettext_lazy("bought", "anything"),
    ),
    EventKind(
        "purchase",
        _("Bought"),
        "tag",
        PURCHASES,
        article,
        unit=_("yen"),
        did=_("who bought %(what)s %(often)s"),
        did_not=_("who did not buy %(what)s %(often)s"),
        something=pgettext_lazy("bought", "something"),
        anything=pgettext_lazy("bought", "anything"),
        only_people=True,
    ),
    # Says more about a purchase; the timeline shows the order.
    EventKind(
        "purchase_item",
        _("Bought a product"),
        "tag",
        PURCHASES,
        article,
        unit=_("yen"),
        did=_("who bought %(what)s %(often)s"),
        did_not=_("who did not buy %(what)s %(often)s"),
        something=_("a product"),
        anything=_("any product"),
        listed=False,
        only_people=True,
    ),
    EventKind(
        "registration",
        pgettext_lazy("event", "Registered"),
        "user",
        ACCOUNT,
        did=_("who registered %(often)s"),
        did_not=_("who did not register %(often)s"),
        only_people=True,
    ),
    EventKind(
        "login",
        _("Signed in"),
        "key",
        ACCOUNT,
        did=_("who signed in %(often)s"),
        did_not=_("who did not sign in %(often)s"),
        only_people=True,
    ),
    EventKind(
        "logout",
        _("Signed out"),
        "key",
        ACCOUNT,
        did=_("who signed out %(often)s"),
        did_not=_("who did not sign out %(often)s"),
    ),
    EventKind(
        "consent",
        _("Answered about consent"),
        "check",
        ACCOUNT,
        consent_answer,
        did=_("who answered about consent %(often)s"),
        did_not=_("who did not answer about consent %(often)s"),
    ),
    EventKind("withdrawal", pgettext_lazy("event", "Left"), "cross", ACCOUNT),
]
