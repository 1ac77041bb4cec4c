"""Changing one's mind about a visitor: a machine's visits leave the totals, a person's come back.

Each event says itself whether it is counted, so totals always equal a recount of those that are,
however often a verdict is revised and whatever arrives meanwhile: every change here, like every
new event, first locks the visitor's row.
"""

import datetime
import logging
from collections import defaultdict
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log

from . import evidence, signals
from .devices import is_program
from .events import NOBODY
from .evidence import HOUR, MINUTE, Evidence
from .ingest import add_totals, delete_empty_totals_of, local_day
from .models import Event, Reason, Verdict, Visitor
from .querysets import EventQuerySet

logger = logging.getLogger(__name__)

# What a run of the job looks back on: an hour, and what came late.
LOOK_BACK = HOUR + 5 * MINUTE
# What waits for the next run; nobody's totals are locked for long.
MOST_AT_ONCE = 1000
ROWS_AT_A_TIME = 10_000
JUDGE_ACTION = "wagtail_crm.judge_browser"
# Signs that no later sign outweighs, and those that any sign of a person does.
FINAL = {Reason.COLLEAGUE, Reason.SIGNED_IN, Reason.DEED}
WEAK = {Reason.SILENCE}


@transaction.atomic
def judge_visitor(*, visitor_id: UUID, verdict: Verdict, reason: Reason, by: Any = None) -> bool:
    """Note what a browser is, and count its visits or no more; whether that changed anything.

    What a colleague said stands until a colleague says otherwise. Raises ``Visitor.DoesNotExist``.
    """
    visitor = Visitor.objects.select_for_update().get(pk=visitor_id)
    if visitor.verdict_reason == Reason.COLLEAGUE and reason != Reason.COLLEAGUE:
        return False
    if (visitor.verdict, visitor.verdict_reason) == (verdict, reason):
        return False
    _judge(visitor, verdict, reason)
    if by is not None and visitor.member is not None:
        log(instance=visitor.member, action=JUDGE_ACTION, user=by, data={"verdict": verdict})
    return True


def acquit(visitor: Visitor, reason: Reason) -> None:
    """Somebody proves to be there: what was left out as a machine's counts again.

    In the transaction of the caller, who has locked the row.
    """
    if visitor.is_machine and visitor.verdict_reason != Reason.COLLEAGUE:
        _judge(visitor, Verdict.HUMAN, reason)


def _judge(visitor: Visitor, verdict: Verdict, reason: Reason) -> None:
    was_machine = visitor.is_machine
    visitor.verdict, visitor.verdict_reason = verdict, reason
    visitor.judged_at = timezone.now()
    visitor.save(update_fields=["verdict", "verdict_reason", "judged_at"])
    if was_machine or visitor.is_machine:
        kinds = _count_no_more(visitor) if visitor.is_machine else _count_again(visitor)
        for member_id, news in sorted(kinds.items()):
            tell = partial(
                signals.visitor_judged.send_robust,
                sender=Visitor,
                visitor_id=visitor.pk,
                member_id=member_id,
                kinds=news,
            )
            transaction.on_commit(tell)


def _count_again(visitor: Visitor) -> dict[int, set[str]]:
    return _recount(Event.objects.filter(visitor=visitor, uncounted=True), uncounted=False)


def _count_no_more(visitor: Visitor) -> dict[int, set[str]]:
    kinds: dict[int, set[str]] = defaultdict(set)
    for events in visits_of(visitor):
        for member_id, news in _recount(events.counted(), uncounted=True).items():
            kinds[member_id] |= news
    return kinds


def visits_of(machine: Visitor) -> list[EventQuerySet]:
    """What is not counted: all that it did but what only people do, in parts that indexes find.

    What was done signed in shows that there is a person; only a colleague's word outweighs it.
    """
    events = Event.objects.filter(visitor=machine).exclude(kind__in=evidence.only_people())
    if machine.verdict_reason == Reason.COLLEAGUE:
        return [events.filter(at__gte=machine.first_seen_at)]
    return [events.without_owner(), events.handed_over()]


def _recount(events: EventQuerySet, *, uncounted: bool) -> dict[int, set[str]]:
    """Take all of ``events`` out of the totals or put them in; kinds of events by member."""
    kinds: dict[int, set[str]] = defaultdict(set)
    columns = ("pk", "value", "at", "member_id", "kind", "page_id", "subject")
    while rows := list(events.values_list(*columns)[:ROWS_AT_A_TIME]):
        changes = [((*key, local_day(at)), value) for _pk, value, at, *key in rows]
        add_totals(changes, sign=-1 if uncounted else 1)
        Event.objects.filter(pk__in=[row[0] for row in rows]).update(uncounted=uncounted)
        for _pk, _value, _at, member_id, kind, *_rest in rows:
            kinds[member_id].add(kind)
    if uncounted and kinds:
        # Those of nobody are many, and upkeep looks through them once a day.
        delete_empty_totals_of(member_id for member_id in kinds if member_id != NOBODY)
    return kinds


def judge_recent(*, now: datetime.datetime | None = None) -> int:
    """Judge whoever visited in the last hour; returns how many verdicts changed."""
    now = now or timezone.now()
    return judge_span(start=now - LOOK_BACK, end=now + MINUTE, now=now)


def judge_since(*, start: datetime.datetime) -> int:
    """Judge, hour by hour, whoever visited since then; returns how many verdicts changed.

    The hours overlap, so that what happened on the stroke of one is seen whole in another.
    """
    now, changed = timezone.now(), 0
    while start < now:
        revised = judge_span(start=start, end=start + HOUR, now=now)
        changed += revised
        if revised < MOST_AT_ONCE:
            start += HOUR / 2
    return changed


def judge_span(*, start: datetime.datetime, end: datetime.datetime, now: datetime.datetime) -> int:
    """Judge visitors by what they did from ``start`` to ``end``; returns how many were revised.

    At most ``MOST_AT_ONCE`` machines are found in one call; the next one finds the others.
    """
    found = evidence.gathered(start, end)
    scripted = evidence.sites_with_scripts(found)
    people: dict[Reason, list[UUID]] = defaultdict(list)
    others: list[tuple[UUID, Verdict, Reason]] = []
    for one in found:
        opinion = _revised(one, evidence.opinion_of(one, scripted, now))
        if opinion is None:
            continue
        verdict, reason = opinion
        if verdict == Verdict.HUMAN and one.verdict != Verdict.MACHINE:
            people[reason].append(one.visitor)
        else:
            others.append((one.visitor, verdict, reason))
    changed = sum(_note_people(visitors, reason) for reason, visitors in people.items())
    for visitor_id, verdict, reason in others[:MOST_AT_ONCE]:
        changed += judge_visitor(visitor_id=visitor_id, verdict=verdict, reason=reason)
    return changed


def _revised(
    one: Evidence, opinion: tuple[Verdict, Reason] | None
) -> tuple[Verdict, Reason] | None:
    """The opinion if it outweighs what is thought so far; None: all stays as it is."""
    if one.reason in FINAL:
        return None
    if one.reason == Reason.PROGRAM and not is_program(one.browser or ""):
        # The list was wrong, and a newer one is not.
        opinion = opinion or (Verdict.UNKNOWN, Reason.PROGRAM)
        return None if opinion == (one.verdict, one.reason) else opinion
    if opinion is None or opinion == (one.verdict, one.reason):
        return None
    verdict, reason = opinion
    if one.verdict == Verdict.MACHINE:
        outweighs = verdict == Verdict.HUMAN and (reason in FINAL or one.reason in WEAK)
        return opinion if outweighs else None
    return opinion


def _note_people(visitors: list[UUID], reason: Reason) -> int:
    """Their visits are counted already. One who is judged meanwhile is left alone."""
    rows = Visitor.objects.filter(pk__in=visitors).exclude(verdict=Verdict.MACHINE)
    return rows.exclude(verdict_reason__in=FINAL).update(
        verdict=Verdict.HUMAN, verdict_reason=reason, judged_at=timezone.now()
    )
