"""What members are asked to agree to, in words they understand."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from .models import ConsentRecord, Member


@dataclass(frozen=True)
class ConsentText:
    """One question: the short promise beside the box and what it means."""

    purpose: str
    question: Any
    explanation: Any


CONSENTS = (
    ConsentText(
        ConsentRecord.Purpose.EMAIL,
        _("Send me news and offers by e-mail"),
        _("You can stop at any time with one click in every mail."),
    ),
    ConsentText(
        ConsentRecord.Purpose.PROFILING,
        _("Show me what suits me"),
        _(
            "We remember which pages you read here and choose what to show you by it. "
            "We pass it on to nobody."
        ),
    ),
)


def answers_of(member: Member) -> dict[str, ConsentRecord]:
    """The member's answer in force for each purpose they were asked about."""
    records = ConsentRecord.objects.current().filter(member=member)
    return {record.purpose: record for record in records}
