"""What members are asked to agree to, in words they understand."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .models import ConsentRecord, Member


@dataclass(frozen=True)
class ConsentText:
    """One question: the short promise beside the box and what it means.

    ``short`` is what editors call it.
    """

    purpose: str
    short: Any
    question: Any
    explanation: Any


CONSENTS = (
    ConsentText(
        ConsentRecord.Purpose.EMAIL,
        ConsentRecord.Purpose.EMAIL.label,
        _("Send me news and offers by e-mail"),
        _("You can stop at any time with one click in every mail."),
    ),
    ConsentText(
        ConsentRecord.Purpose.PROFILING,
        ConsentRecord.Purpose.PROFILING.label,
        _("Show me what suits me"),
        _(
            "We remember which pages you read here and choose what to show you by it. "
            "We pass it on to nobody."
        ),
    ),
)


SOURCES = {
    "registration": _("Registration"),
    "my_page": _("My page"),
    "withdrawal": _("Withdrawal"),
    "consent_bar": _("Consent bar"),
    "mail": _("Link in a mail"),
    "import": pgettext_lazy("source of a consent", "Import"),
}


def source_label(source: str) -> str:
    """Where an answer was given, for people; other rooms may name places of their own."""
    return str(SOURCES.get(source, source))


def answers_of(member: Member) -> dict[str, ConsentRecord]:
    """The member's answer in force for each purpose they were asked about."""
    records = ConsentRecord.objects.current().filter(member=member)
    return {record.purpose: record for record in records}
