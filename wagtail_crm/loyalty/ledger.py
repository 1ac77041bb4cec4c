"""Writing in the books: each entry once, balances in the same transaction."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from .models import Account, Entry
from .querysets import COUNT_FOR_RANK

WRITTEN = ["balance", "earned", "rank_points", "last_entry_at"]


class NotEnoughPoints(Exception):
    """The member has fewer points than were to be taken."""

    def __init__(self, balance: int) -> None:
        super().__init__(f"Only {balance} points are left.")
        self.balance = balance


@dataclass(frozen=True)
class NewEntry:
    """Points for a member, or from them when ``amount`` is negative; ``key`` says what for."""

    key: str
    member_id: int
    amount: int
    kind: str = Account.Kind.ISSUED
    label: str = ""
    rule_id: int | None = None
    event_id: UUID | None = None
    staff_id: int | None = None
    at: datetime.datetime = field(default_factory=lambda: timezone.now())


def book(entries: Iterable[NewEntry]) -> list[Entry]:
    """Write the entries whose key is new; returns them. Must run in a transaction.

    The accounts of the members are locked in one order, so that workers wait for each other
    instead of booking twice. Raises ``NotEnoughPoints`` when a balance would become negative.
    """
    by_key = {entry.key: entry for entry in reversed(list(entries))}
    if not by_key:
        return []
    accounts = _locked_accounts({entry.member_id for entry in by_key.values()})
    booked = set(Entry.objects.filter(key__in=by_key).values_list("key", flat=True))
    fresh = [entry for key, entry in reversed(by_key.items()) if key not in booked]
    rows = [_move(accounts[entry.member_id], entry) for entry in fresh]
    _name_counterparts(rows, fresh)
    # They are there, and locked: this is how one statement writes many rows.
    Account.objects.bulk_create(
        accounts.values(), update_conflicts=True, unique_fields=["pk"], update_fields=WRITTEN
    )
    return Entry.objects.bulk_create(rows)


def _locked_accounts(member_ids: set[int]) -> dict[int, Account]:
    own = Account.objects.of_members(member_ids).order_by("pk")
    found = {account.member_id: account for account in own.select_for_update()}
    missing = member_ids - set(found)
    if missing:
        Account.objects.bulk_create(
            [Account(member_id=member_id) for member_id in sorted(missing)], ignore_conflicts=True
        )
        found = {account.member_id: account for account in own.select_for_update()}
    return found  # type: ignore[return-value]  # these accounts have members


def _move(account: Account, entry: NewEntry) -> Entry:
    if account.balance + entry.amount < 0:
        raise NotEnoughPoints(account.balance)
    account.balance += entry.amount
    if entry.kind == Account.Kind.ISSUED:
        account.earned += entry.amount
    if entry.kind in COUNT_FOR_RANK:
        account.rank_points += entry.amount
    account.last_entry_at = timezone.now()
    return Entry(
        key=entry.key,
        account=account,
        amount=entry.amount,
        balance=account.balance,
        label=entry.label,
        rule_id=entry.rule_id,
        event_id=entry.event_id,
        staff_id=entry.staff_id,
        at=entry.at,
    )


def _name_counterparts(rows: Sequence[Entry], entries: Sequence[NewEntry]) -> None:
    others = {
        kind: Account.objects.get_or_create(kind=kind, member=None)[0]
        for kind in sorted({entry.kind for entry in entries})
    }
    for row, entry in zip(rows, entries, strict=True):
        row.counterpart = others[entry.kind]
