"""What stays of a member's points when their data are erased: numbers."""

from django.db.models import QuerySet

from .models import Account, Entry


def forget_words(entries: QuerySet[Entry]) -> None:
    """Blank what staff wrote, and which event it was for; amounts and rules stay."""
    by_hand = entries.filter(counterpart__kind=Account.Kind.ADJUSTED)
    by_hand.update(label="", staff=None)
    entries.update(event_id=None)
