"""Every change of the log: recording, reading the buffer, and giving browsers an owner."""

import dataclasses
import datetime
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from wagtail_crm.members.models import Member

from . import buffer, signals
from .events import NOBODY, NewEvent
from .ingest import add_totals, local_day, write_events
from .kinds import require_kind
from .models import Event, RefusedEvent, Visitor

logger = logging.getLogger(__name__)

# What makes an event unwritable however often it is tried, as opposed to a database that is away.
POISON = (ValueError, TypeError, KeyError, DataError, IntegrityError)


def record_events(*, events: Iterable[NewEvent]) -> set[UUID]:
    """Write events now; returns the ids that were new. Writing one again changes nothing.

    Raises ``UnknownKind`` for a kind that nobody registered.
    """
    events = list(events)
    for event in events:
        require_kind(event.kind)
    with transaction.atomic():
        owners = _touch_visitors(events)
        events = [_with_owner(event, owners) for event in events]
        fresh = write_events(events)
        _touch_members(events)
        transaction.on_commit(
            partial(signals.events_recorded.send_robust, sender=Event, events=tuple(events))
        )
    return fresh


def _touch_visitors(events: Sequence[NewEvent]) -> dict[UUID, Visitor]:
    """Make or update the browsers of a batch, lock them, and return those with an owner."""
    seen: dict[UUID, list[NewEvent]] = {}
    for event in events:
        if event.visitor_id:
            seen.setdefault(event.visitor_id, []).append(event)
    if not seen:
        return {}
    rows = [_visitor(key, seen[key]) for key in sorted(seen)]
    for columns in (["last_seen_at", "last_touch"], ["last_seen_at"]):
        Visitor.objects.bulk_create(
            [row for row in rows if bool(row.last_touch) == ("last_touch" in columns)],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=columns,
        )
    return {visitor.pk: visitor for visitor in Visitor.objects.linked().filter(pk__in=seen)}


def _visitor(key: UUID, events: list[NewEvent]) -> Visitor:
    first, last = min(events, key=_moment), max(events, key=_moment)
    return Visitor(
        pk=key,
        first_seen_at=first.at,
        last_seen_at=last.at,
        first_touch=first.data.get("touch", {}),
        last_touch=last.data.get("touch", {}),
    )


def _moment(event: NewEvent) -> datetime.datetime:
    return event.at


def _with_owner(event: NewEvent, owners: dict[UUID, Visitor]) -> NewEvent:
    """Give an event that waited in the buffer while its visitor logged in to that member."""
    owner = owners.get(event.visitor_id) if event.visitor_id else None
    if event.member_id or owner is None or event.at > owner.linked_at:  # type: ignore[operator]
        return event
    return dataclasses.replace(event, member_id=owner.member_id)


def _touch_members(events: Sequence[NewEvent]) -> None:
    latest: dict[datetime.datetime, set[int]] = {}
    for event in events:
        if event.member_id and event.site_id:
            hour = event.at.replace(minute=0, second=0, microsecond=0)
            latest.setdefault(hour, set()).add(event.member_id)
    for hour, members in sorted(latest.items()):
        stale = Member.objects.filter(pk__in=members).exclude(last_seen_at__gte=hour)
        stale.order_by().update(last_seen_at=hour)


def drain_buffer() -> int:
    """Write everything that waits in the buffer; returns the number of events dealt with.

    Raises ``BufferUnavailable`` when there is no buffer.
    """
    done = 0
    for messages in buffer.batches():
        _write_messages(messages)
        buffer.acknowledge(messages)
        done += len(messages)
    return done


def _write_messages(messages: Sequence[buffer.Message]) -> None:
    """Write a batch; if something in it is poison, find it by halves and set it aside."""
    try:
        record_events(events=[NewEvent.from_json(payload) for _key, payload in messages])
    except POISON as error:
        if len(messages) == 1:
            refuse_event(payload=messages[0][1], reason=str(error))
            return
        middle = len(messages) // 2
        _write_messages(messages[:middle])
        _write_messages(messages[middle:])


def refuse_event(*, payload: bytes, reason: str) -> RefusedEvent:
    """Set aside what cannot be written, so that it neither blocks the rest nor is lost."""
    logger.error("Event refused: %s", reason)
    return RefusedEvent.objects.create(payload=payload, reason=reason)


def retry_refused_event(*, refused: RefusedEvent) -> None:
    """Write a refused event again and forget the refusal. Raises what made it fail."""
    with transaction.atomic():
        record_events(events=[NewEvent.from_json(bytes(refused.payload))])
        refused.delete()


def save_events(*, events: Sequence[NewEvent]) -> bool:
    """Buffer events, or write them now when the buffer is away; True when a worker should wake."""
    try:
        return buffer.push(events)
    except buffer.BufferUnavailable:
        record_events(events=events)
        return False


@transaction.atomic
def link_visitor(*, visitor_id: UUID, member: Member) -> bool:
    """Give a browser to the member who logged in on it, with what it did before.

    False when it belongs to somebody else: nothing changes hands then, and the caller must give
    the browser a new id. So two people on one browser never inherit each other's events.
    """
    visitor, _created = Visitor.objects.select_for_update().get_or_create(pk=visitor_id)
    if visitor.member_id not in (None, member.pk):
        return False
    visitor.member = member
    visitor.user = None
    visitor.linked_at = timezone.now()
    visitor.save(update_fields=["member", "user", "linked_at"])
    kinds = _hand_over(visitor, member)
    if kinds:
        transaction.on_commit(
            partial(
                signals.visitor_linked.send_robust,
                sender=Visitor,
                visitor_id=visitor_id,
                member_id=member.pk,
                kinds=kinds,
            )
        )
    return True


def _hand_over(visitor: Visitor, member: Member) -> set[str]:
    orphans = Event.objects.without_owner().filter(visitor=visitor)
    rows = list(orphans.values_list("pk", "kind", "page_id", "subject", "at", "value"))
    tails = [
        ((kind, page_id, subject, local_day(at)), value)
        for _pk, kind, page_id, subject, at, value in rows
    ]
    add_totals((((NOBODY, *tail), value) for tail, value in tails), sign=-1)
    add_totals(((member.pk, *tail), value) for tail, value in tails)
    Event.objects.filter(pk__in=[row[0] for row in rows]).update(member=member)
    return {row[1] for row in rows}


@transaction.atomic
def remember_account(*, visitor_id: UUID, user: Any) -> None:
    """Note who is registering on this browser; it becomes theirs once the address is confirmed."""
    visitor, _created = Visitor.objects.select_for_update().get_or_create(pk=visitor_id)
    if visitor.member_id is None:
        visitor.user = user
        visitor.save(update_fields=["user"])


@transaction.atomic
def forget_visitor(*, visitor_id: UUID) -> None:
    """Consent was withdrawn: what the browser did stays as numbers, without its id."""
    Event.objects.without_owner().filter(visitor=visitor_id).update(visitor=None)
    Visitor.objects.filter(pk=visitor_id, member=None).delete()
