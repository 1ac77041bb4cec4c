"""The ranks of members, for the snapshot that pages read, for rules and for merge fields."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import Member

from .balances import account_of
from .models import Account, Rank


class Held(NamedTuple):
    """What rules read of a member's rank; ``points`` are those it needs."""

    rank_id: int
    points: int


def build_ranks(member_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The rank of each member that has one, as pages get it: its id and its name."""
    rows = _ranked(member_ids).values_list("member_id", "rank_id", "rank__name")
    return {member_id: {"id": pk, "name": name} for member_id, pk, name in rows}


def load_ranks(member_ids: Sequence[int]) -> dict[int, Held]:
    """The same, as rules read it."""
    rows = _ranked(member_ids).values_list("member_id", "rank_id", "rank__points")
    return {member_id: Held(pk, points) for member_id, pk, points in rows}


def _ranked(member_ids: Sequence[int]) -> Any:
    return Account.objects.filter(IsOneOf("member", member_ids)).ranked().order_by()


def rank_of(member: Member) -> Rank | None:
    """The rank of a member; no query where it was fetched with them."""
    account = account_of(member)
    return account.rank if account else None


def rank_in_words(member: Member) -> str:
    """The merge field: ``Gold``."""
    rank = rank_of(member)
    return rank.name if rank else ""
