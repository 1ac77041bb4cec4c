"""What stays of a member's points when their data are erased: numbers."""

from django.db.models import QuerySet

from .models import Account, Entry


def forget_rank(accounts: QuerySet[Account]) -> None:
    """Who is forgotten has no rank; the balance stays, it is forfeited as an entry."""
    accounts.update(rank=None, rank_since=None, rank_until=None)


def forget_words(entries: QuerySet[Entry]) -> None:
    """Blank what staff or a shop wrote, and which event it was for; amounts and rules stay."""
    not_by_rule = entries.exclude(counterpart__kind=Account.Kind.ISSUED)
    not_by_rule.update(label="", staff=None)
    entries.update(event_id=None)
