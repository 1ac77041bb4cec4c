"""Every change of points. Each books once, writes the log, and tells the other rooms."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log

from wagtail_crm.loyalty.earning import entries_for
from wagtail_crm.loyalty.kinds import OWN_KINDS, POINTS_KIND, RANK_FIELD
from wagtail_crm.loyalty.ledger import NewEntry, book
from wagtail_crm.loyalty.log_actions import POINTS_ACTION
from wagtail_crm.loyalty.missed import unrewarded_events
from wagtail_crm.loyalty.models import Account, EarningRule, Entry
from wagtail_crm.members.actions import announce_change
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent, event_id_for, new_event_id

from .ranks import change_of, climb

# In the timeline, points stand after what they are for.
A_MOMENT = datetime.timedelta(milliseconds=1)
# How far back the sweeper looks for events without their points.
LOOK_BACK = datetime.timedelta(days=3)


@transaction.atomic
def award_points(
    *, events: Iterable[NewEvent], rules: Sequence[EarningRule] | None = None
) -> list[Entry]:
    """Give what these events earn by the active rules; the same event earns it once."""
    events = [event for event in events if event.member_id and event.kind not in OWN_KINDS]
    if rules is None:
        kinds = {event.kind for event in events}
        active = EarningRule.objects.active().for_kinds(kinds).select_related("page")
        rules = list(active) if kinds else []
    return _book(entries_for(rules, events))


def award_missed_points(
    *,
    since: datetime.datetime | None = None,
    member_ids: Iterable[int] | None = None,
) -> int:
    """Reward what nobody rewarded lately: a process died, or a browser got its owner late.

    Returns the number of entries.
    """
    since = since or timezone.now() - LOOK_BACK
    booked = 0
    for rule in EarningRule.objects.active().select_related("page"):
        for events in unrewarded_events(rule, since, member_ids):
            booked += len(award_points(events=events, rules=[rule]))
    return booked


@transaction.atomic
def spend_points(*, member: Member, points: int, key: str, label: str) -> Entry | None:
    """Take points for something; None when ``key`` was taken before.

    Raises ``NotEnoughPoints``.
    """
    spent = NewEntry(
        key=f"spent:{key}",
        member_id=member.pk,
        amount=-points,
        kind=Account.Kind.SPENT,
        label=label,
    )
    return next(iter(_book([spent])), None)


@transaction.atomic
def adjust_points(
    *, member: Member, points: int, reason: str, staff: Any, key: str = ""
) -> Entry | None:
    """Give or take points by hand; the member reads the reason. None if ``key`` was used before.

    Raises ``NotEnoughPoints``.
    """
    adjusted = NewEntry(
        key=f"adjusted:{key or new_event_id()}",
        member_id=member.pk,
        amount=points,
        kind=Account.Kind.ADJUSTED,
        label=reason,
        staff_id=staff.pk,
    )
    entry = next(iter(_book([adjusted])), None)
    if entry is not None:
        data = {"points": points, "reason": reason}
        log(instance=member, action=POINTS_ACTION, user=staff, data=data)
    return entry


@transaction.atomic
def give_points(*, keys: Mapping[int, str], points: int, reason: str, staff: Any) -> int:
    """Give the same points to many members at once; how many got them.

    ``keys`` names, by id of the member, what it is for: who got it under that name before gets
    nothing. The history that says who did it is the caller's.
    """
    given = [
        NewEntry(
            key=f"adjusted:{key}",
            member_id=member_id,
            amount=points,
            kind=Account.Kind.ADJUSTED,
            label=reason,
            staff_id=staff.pk if staff else None,
        )
        for member_id, key in sorted(keys.items())
    ]
    return len(_book(given))


@transaction.atomic
def forfeit_points(*, member: Member, label: str = "") -> Entry | None:
    """Take whatever the member has left; None when that is nothing."""
    account = Account.objects.select_for_update().filter(member=member, balance__gt=0).first()
    if account is None:
        return None
    forfeited = NewEntry(
        key=f"expired:{new_event_id()}",
        member_id=member.pk,
        amount=-account.balance,
        kind=Account.Kind.EXPIRED,
        label=label,
    )
    return _book([forfeited])[0]


def forfeit_points_of_withdrawn() -> int:
    """Points end with the membership; returns how many members had some left."""
    left = Member.objects.withdrawn().filter(points_account__balance__gt=0)
    return sum(forfeit_points(member=member) is not None for member in left)


def _book(entries: Sequence[NewEntry]) -> list[Entry]:
    booked = book(entries)
    if booked:
        moves = climb(entries=booked)
        record_events(events=[*map(_event, booked), *map(change_of, moves)])
        members: Any = {entry.account.member_id for entry in booked}
        fields = {POINTS_KIND, RANK_FIELD} if moves else {POINTS_KIND}
        announce_change(member_ids=members, fields=fields)
    return booked


def _event(entry: Entry) -> NewEvent:
    at = entry.at + A_MOMENT
    return NewEvent(
        kind=POINTS_KIND,
        id=event_id_for(at, POINTS_KIND, entry.key),
        at=at,
        member_id=entry.account.member_id or 0,
        subject=f"rule:{entry.rule_id}" if entry.rule_id else "",
        value=Decimal(entry.amount),
        data={"label": entry.label} if entry.label else {"reason": entry.counterpart.kind},
    )
