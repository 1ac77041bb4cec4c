"""Every change of ranks: who has which, and what there are.

A rank rises in the transaction that writes the entry, and falls when time has passed. Accounts
are locked before the ranks are read: who writes an entry while an editor changes the ranks either
sees the new ones, or is seen by the recount that follows. Only an account that is made at that
very moment may be seen by neither, and then has the right rank with its next entry, or next week.
"""

import datetime
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.loyalty.kinds import RANK_FIELD, RANK_KIND
from wagtail_crm.loyalty.models import Account, Entry, Rank, Recount
from wagtail_crm.loyalty.querysets import COUNT_FOR_RANK
from wagtail_crm.loyalty.standing import NOTHING, Ladder, standings
from wagtail_crm.members.actions import announce_change
from wagtail_crm.members.models import Member
from wagtail_crm.segments.rules.person import site_today
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent, event_id_for

# Accounts that one transaction looks at.
BATCH = 1_000
A_MOMENT = datetime.timedelta(milliseconds=1)
# In the timeline, a rank stands after the points that brought it.
TWO_MOMENTS = 2 * A_MOMENT
# Everybody is looked at again now and then, to mend what went wrong.
MEND_AFTER = datetime.timedelta(days=7)
WRITTEN = ["rank", "rank_since", "rank_until", "rank_points"]
NO_RANK: dict[str, Any] = {"rank": None, "rank_since": None, "rank_until": None}


class RankMove(NamedTuple):
    """A member came from one rank to another; None: no rank."""

    member_id: int
    old: Rank | None
    new: Rank | None
    at: datetime.datetime


def climb(*, entries: Sequence[Entry]) -> list[RankMove]:
    """Bring ranks up to date with entries that were just written; their accounts are locked.

    Others than these are read only of accounts whose rank may be another now. Telling of the
    moves is left to the caller.
    """
    counting = [entry for entry in entries if entry.counterpart.kind in COUNT_FOR_RANK]
    ladder = Ladder.read() if counting else Ladder()
    if not ladder.ranks:
        return []
    concerned: dict[int, Account] = {}
    moments: dict[int, datetime.datetime] = {}
    for entry in counting:
        account = entry.account
        if entry.amount < 0 or _pk(ladder.reached(account.rank_points)) != account.rank_id:
            concerned[account.pk] = account
            moments[account.pk] = max(entry.at, moments.get(account.pk, entry.at))
    return _settle(list(concerned.values()), ladder, moments)


@transaction.atomic
def settle_members(*, member_ids: Iterable[int]) -> None:
    """Somebody left, and has no rank any more; or came back, and has what their points reach."""
    accounts = list(Account.objects.of_members(member_ids).locked())
    if not accounts:
        return
    members = {account.member_id for account in accounts}
    gone = set(Member.objects.withdrawn().filter(pk__in=members).values_list("pk", flat=True))
    Account.objects.of_members(gone).ranked().update(**NO_RANK)
    _tell(_settle([each for each in accounts if each.member_id not in gone], Ladder.read()))


def end_ranks_of_withdrawn() -> int:
    """Ranks end with the membership; returns how many had one left."""
    left = Member.objects.withdrawn().filter(points_account__rank__isnull=False)
    return Account.objects.filter(member__in=left).update(**NO_RANK)


def let_time_pass() -> int:
    """Look at those whose rank time alone may have changed; returns how many it did."""
    today, moved = site_today(), 0
    due = Account.objects.rank_due(today).of_present_members().order_by("rank_until", "pk")
    while ids := list(due.values_list("pk", flat=True)[:BATCH]):
        moved += _settle_batch(ids)
    return moved


@transaction.atomic
def _settle_batch(account_ids: Sequence[int]) -> int:
    these = Account.objects.filter(IsOneOf("pk", account_ids))
    moves = _settle(list(these.of_present_members().locked()), Ladder.read())
    _tell(moves)
    return len(moves)


@transaction.atomic
def end_ranks(*, ranks: Iterable[Rank], by: Any) -> None:
    """Give up ranks. They go when the recount has found another, or none, for who has them."""
    for rank in ranks:
        rank.is_ending = True
        rank.save(update_fields=["is_ending"])
        log(instance=rank, action="wagtail.delete", user=by)
    ask_recount_if_needed()


def ask_recount_if_needed() -> bool:
    """Let everybody be looked at if ranks or the period changed; whether anything is to be done.

    Of the period only the sites' settings know: call it now and then.
    """
    basis = Ladder.read().basis
    recount = Recount.objects.first()
    if recount is None and not Rank.objects.exists():
        return False
    if recount is not None and recount.basis == basis:
        is_late = recount.done_at and recount.done_at < timezone.now() - MEND_AFTER
        if not is_late:
            return recount.done_at is None
    asked = {"basis": basis, "position": 0, "asked_at": timezone.now(), "done_at": None}
    Recount.objects.update_or_create(pk=Recount.THE_ONE, defaults=asked)
    return True


def recount(*, seconds: float) -> bool:
    """Look at everybody, if that was asked for; True when there was no time for all."""
    end = time.monotonic() + seconds
    while recount_next_batch():
        if time.monotonic() > end:
            return Recount.objects.filter(done_at=None).exists()
    return False


@transaction.atomic
def recount_next_batch() -> bool:
    """Look at the next accounts, and note that together with what comes of it; whether any was due.

    Who is killed leaves neither, and the next one begins where this one did.
    """
    asked = Recount.objects.select_for_update().filter(done_at=None).first()
    if asked is None:
        return False
    rest = Account.objects.filter(pk__gt=asked.position).of_present_members()
    accounts = list(rest.locked()[:BATCH])
    _tell(_settle(accounts, Ladder.read()))
    if len(accounts) == BATCH:
        asked.position = accounts[-1].pk
    else:
        asked.done_at = timezone.now()
        Rank.objects.filter(is_ending=True).delete()
    asked.save()
    return True


def _settle(
    accounts: Sequence[Account],
    ladder: Ladder,
    moments: Mapping[int, datetime.datetime] | None = None,
) -> list[RankMove]:
    """Give locked accounts the ranks that their points reach; two queries, however many they are.

    ``moments`` say, by account, since when; if they do not, it is now.
    """
    now, found = timezone.now(), standings([account.pk for account in accounts])
    moves, changed = [], []
    for account in accounts:
        standing = found.get(account.pk, NOTHING)
        reached = ladder.reached(standing.points)
        if _pk(reached) != account.rank_id:
            moves.append(_move(account, ladder, reached, (moments or {}).get(account.pk, now)))
        elif (account.rank_until, account.rank_points) == (standing.look_on, standing.points):
            continue
        account.rank_until, account.rank_points = standing.look_on, standing.points
        changed.append(account)
    if changed:
        Account.objects.bulk_update(changed, WRITTEN)
    return moves


def _move(
    account: Account, ladder: Ladder, reached: Rank | None, moment: datetime.datetime
) -> RankMove:
    """After they got the last one, or lost it: entries may be of days long past, or to come."""
    at = min(moment, timezone.now())
    if account.rank_since:
        at = max(at, account.rank_since + A_MOMENT)
    move = RankMove(account.member_id or 0, ladder.known.get(account.rank_id or 0), reached, at)
    account.rank, account.rank_since = reached, at
    return move


def _pk(rank: Rank | None) -> int | None:
    return rank.pk if rank else None


def _tell(moves: Sequence[RankMove]) -> None:
    if moves:
        record_events(events=[change_of(move) for move in moves])
        announce_change(member_ids={move.member_id for move in moves}, fields={RANK_FIELD})


def change_of(move: RankMove) -> NewEvent:
    """The move as an event, with a name of its own."""
    at = move.at + TWO_MOMENTS
    is_up = move.new is not None and (move.old is None or move.old.points < move.new.points)
    return NewEvent(
        kind=RANK_KIND,
        id=event_id_for(at, RANK_KIND, move.member_id, _pk(move.old), _pk(move.new)),
        at=at,
        member_id=move.member_id,
        subject=f"rank:{move.new.pk}" if move.new else "",
        data={
            "from": move.old.name if move.old else "",
            "to": move.new.name if move.new else "",
            "direction": "up" if is_up else "down",
        },
    )
