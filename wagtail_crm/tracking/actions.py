"""Every change of the log: recording, reading the buffer, and giving browsers an owner."""

import datetime
import gc
import logging
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from wagtail.log_actions import log

from wagtail_crm.conf import crm_settings
from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import Member

from . import buffer, facts, signals, verdicts
from .ahead import ahead, behind
from .batches import Batch
from .events import NO_PAGE, NOBODY, NewEvent, event_id_for, new_event_id, read_events
from .ingest import add_totals, delete_empty_totals_of, local_day, write_batch
from .kinds import require_kind
from .last_seen import note_last_seen
from .models import Event, Reason, RefusedEvent, Visitor
from .querysets import EventQuerySet
from .visitors import not_seen_yet, with_owners

logger = logging.getLogger(__name__)

# What makes an event unwritable however often it is tried, as opposed to a database that is away.
POISON = (ValueError, TypeError, LookupError, ArithmeticError, DataError, IntegrityError)
# In an error's own words, and in its repr().
DETAIL = re.compile(r"(\n|\\n)(DETAIL|CONTEXT):[^\n]*")
# Seconds a worker stays for more events once it has written all, and for which it does so at most.
LINGER = 1.0
SHIFT = 20.0
# How a browser is known to be a member's; mail adds MAILED and the number of the delivery.
LOGIN, REGISTRATION = "login", "registration"
UNLINK_ACTION = "wagtail_crm.unlink_browser"


def record(
    *,
    kind: str,
    member: Member | int,
    page: Any = None,
    subject: str = "",
    value: Decimal | int | None = None,
    at: datetime.datetime | None = None,
    **data: Any,
) -> NewEvent:
    """Write what a member did outside of a page, e.g. at a till or in another system.

    With ``at`` the same is recorded once, however often it is told. Raises what
    :func:`record_events` raises, and ``InvalidFacts`` for what the kind's schema does not allow.
    """
    said = require_kind(kind).said(subject, value, data)
    who = member if isinstance(member, int) else member.pk
    where = NO_PAGE if page is None else page.pk
    event = NewEvent(
        kind=kind,
        id=event_id_for(at, kind, who, where, said.subject) if at else new_event_id(),
        at=at or timezone.now(),
        member_id=who,
        page_id=where,
        subject=said.subject,
        value=said.value,
        data=said.data,
    )
    record_events(events=[event])
    return event


def record_events(*, events: Iterable[NewEvent]) -> set[UUID]:
    """Write events now; returns the ids that were new. Writing one again changes nothing.

    Raises ``UnknownKind`` for a kind that nobody registered and ``ValueError`` for an event that
    no column holds. After commit everybody is told; what a receiver fails to do with an event is
    set aside and tried again.
    """
    return _record(Batch(events), robust=True)


def _record(batch: Batch, *, robust: bool) -> set[UUID]:
    """Not ``robust``: raises when it is written, but nobody could be told nor anything set aside.

    Whoever knows the events then has to come again with them.
    """
    with transaction.atomic():
        fresh, written = _write(batch)
        transaction.on_commit(lambda: _tell_or_set_aside(written), robust=robust)
    return fresh


def _write(batch: Batch) -> tuple[set[UUID], tuple[NewEvent, ...]]:
    for kind in {event.kind for event in batch.events}:
        require_kind(kind)
    for event in batch.events:
        event.check()
    events = with_owners(_without_those_who_left(batch.events))
    fresh = write_batch(batch, events)
    counted = tuple(event for event in events if not event.uncounted)
    note_last_seen(counted)
    return fresh, counted


def _without_those_who_left(events: list[NewEvent]) -> list[NewEvent]:
    """A visit that waited while its member left is nobody's: erased data does not come back."""
    visitors = {event.member_id for event in events if event.is_visit}
    if not visitors:
        return events
    gone = set(
        Member.objects.withdrawn().filter(IsOneOf("pk", visitors)).values_list("pk", flat=True)
    )
    if not gone:
        return events
    return [
        event.anonymous() if event.is_visit and event.member_id in gone else event
        for event in events
    ]


def _tell_or_set_aside(events: Sequence[NewEvent]) -> None:
    if reason := _tell(events):
        set_aside(payloads=[event.to_json() for event in events], reason=reason)


def _tell(events: Sequence[NewEvent]) -> str:
    """Tell every receiver; returns which failed and why, or nothing."""
    answers = signals.events_recorded.send_robust(sender=Event, events=tuple(events))
    return "\n".join(
        f"{receiver.__module__}.{receiver.__qualname__}: {error!r}"
        for receiver, error in answers
        if isinstance(error, Exception)
    )


def save_events(*, events: Sequence[NewEvent]) -> bool:
    """Buffer events, or write them now when the buffer is away; True when a worker should wake."""
    try:
        return buffer.push(events)
    except buffer.BufferUnavailable:
        _write_or_set_aside([event.to_json() for event in events])
        return False


def drain_buffer(*, stay: bool = False) -> int:
    """Write what waits in the buffer; returns the number of events.

    With ``stay`` wait a moment for more, so that a busy site does not call a worker per page.
    Raises ``BufferUnavailable`` when there is no buffer.
    """
    done = 0
    source = buffer.listen(linger=LINGER, seconds=SHIFT) if stay else buffer.batches()
    with (
        closing(ahead(_prepared(source))) as batches,
        behind(buffer.acknowledge) as acknowledge,
        _settled(),
    ):
        for messages, batch in batches:
            _write_or_set_aside([payload for _key, payload in messages], batch)
            acknowledge(messages)
            done += len(messages)
    return done


def _prepared(
    source: Generator[list[buffer.Message], None, None],
) -> Generator[tuple[list[buffer.Message], Batch | None], None, None]:
    """Messages with what they hold; without where something among them is no event."""
    with closing(source):
        for messages in source:
            batch = None
            with suppress(*POISON):
                batch = Batch(read_events(payload for _key, payload in messages))
                batch.prepare()
            yield messages, batch


@contextmanager
def _settled() -> Iterator[None]:
    """Collect no garbage among what was there before: events make no cycles, and many objects."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _write_or_set_aside(payloads: Sequence[bytes], batch: Batch | None = None) -> None:
    """Write a batch; if something in it is poison, find it by halves and set it aside.

    ``batch`` is what the payloads hold, where that is known already.
    """
    try:
        _record(batch or Batch(read_events(payloads)), robust=False)
    except POISON as error:
        if len(payloads) == 1:
            set_aside(payloads=payloads, reason=str(error))
            return
        middle = len(payloads) // 2
        _write_or_set_aside(payloads[:middle])
        _write_or_set_aside(payloads[middle:])


def set_aside(*, payloads: Sequence[bytes], reason: str) -> None:
    """Keep what could not be dealt with, so that it neither blocks the rest nor is lost."""
    reason = _without_values(reason)
    logger.error("%d events set aside: %s", len(payloads), reason)
    RefusedEvent.objects.bulk_create(
        RefusedEvent(payload=payload, reason=reason, member_id=_member_named_in(payload))
        for payload in payloads
    )


def _without_values(reason: str) -> str:
    """What databases tell as detail and context repeats what was to be written, of whomever."""
    return DETAIL.sub("", reason)


def _member_named_in(payload: bytes) -> int:
    try:
        return NewEvent.from_json(payload).member_id
    except ValueError:
        return NOBODY


def retry_refused_event(*, refused: RefusedEvent) -> bool:
    """Try once more; True when all went well and the refusal is gone."""
    try:
        with transaction.atomic():
            _fresh, written = _write(Batch([NewEvent.from_json(bytes(refused.payload))]))
        reason = _tell(written)
    except POISON as error:
        reason = str(error)
    row = RefusedEvent.objects.filter(pk=refused.pk)
    if reason:
        row.update(reason=_without_values(reason), attempts=F("attempts") + 1)
        return False
    row.delete()
    return True


def retry_refused_events(*, gave_up: bool = False) -> int:
    """Try again what was not tried too often, with ``gave_up`` all; returns how many are gone."""
    refused = RefusedEvent.objects.all() if gave_up else RefusedEvent.objects.due()
    return sum(retry_refused_event(refused=event) for event in refused.oldest_first())


def record_missing_facts(*, since: datetime.datetime) -> int:
    """Record what members did since then and nobody wrote down, because a process died; how many.

    The last minute is left to those who are at it.
    """
    known = facts.between(since, timezone.now() - datetime.timedelta(minutes=1))
    written = Event.objects.filter(pk__in=[event.id for event in known])
    ids = set(written.values_list("pk", flat=True))
    return len(record_events(events=[event for event in known if event.id not in ids]))


@transaction.atomic
def link_visitor(
    *, visitor_id: UUID, member: Member, by: str = LOGIN, until: datetime.datetime | None = None
) -> bool:
    """Give a browser to a member, with what it did up to ``until`` while nobody was signed in.

    ``until`` is now, or a moment to come when whoever is there now is surely the member. False
    when it belongs to somebody else, was said not to be whom it belonged to, or said no: nothing
    changes hands then, and whoever signs in must get a new id. So two people on one browser
    never inherit each other's events.
    """
    visitor = _locked(visitor_id)
    taken = visitor.member_id not in (None, member.pk)
    if taken or visitor.forgotten_at is not None or visitor.disowned_at is not None:
        return False
    if by == LOGIN:
        verdicts.acquit(visitor, Reason.SIGNED_IN)
    _own(visitor, member, by, until or timezone.now())
    if kinds := _give(
        Event.objects.without_owner().filter(visitor=visitor), giver=NOBODY, receiver=member.pk
    ):
        news = {"visitor_id": visitor_id, "member_id": member.pk, "kinds": kinds}
        transaction.on_commit(partial(signals.visitor_linked.send_robust, sender=Visitor, **news))
    return True


def _locked(visitor_id: UUID) -> Visitor:
    """The row of a browser, which nobody else changes meanwhile; a new one where there is none."""
    visitors = Visitor.objects.select_for_update()
    return visitors.get_or_create(pk=visitor_id, defaults=not_seen_yet())[0]


def _own(visitor: Visitor, member: Member, by: str, until: datetime.datetime) -> None:
    """Of two ways in which a browser is known to be a member's, the surer one is kept."""
    if visitor.member_id is None or visitor.is_known_by_mail_only:
        visitor.linked_by = by
    visitor.member = member
    visitor.user = None
    visitor.linked_at = visitor.linked_at or timezone.now()
    visitor.owned_until = max(until, visitor.owned_until or until)
    visitor.save(update_fields=["member", "user", "linked_at", "linked_by", "owned_until"])


@transaction.atomic
def unlink_visitor(*, visitor_id: UUID, member: Member, by: Any = None) -> int:
    """It was somebody else on that browser: take back what linking gave; returns how many events.

    What was done signed in stays the member's. The rest is nobody's, for good: the browser is in
    dispute, so whoever signs in on it next begins with a new id. Raises ``Visitor.DoesNotExist``
    when the browser is not the member's. Points that were given stay.
    """
    visitor = Visitor.objects.select_for_update().get(pk=visitor_id, member=member)
    events = Event.objects.handed_over().filter(visitor=visitor, member=member)
    number = events.count()
    kinds = _give(events, giver=member.pk, receiver=NOBODY)
    delete_empty_totals_of([member.pk])
    visitor.member = visitor.linked_at = visitor.owned_until = None
    visitor.linked_by, visitor.disowned_at = "", timezone.now()
    visitor.save()
    log(instance=member, action=UNLINK_ACTION, user=by, data={"events": number})
    news = {"visitor_id": visitor_id, "member_id": member.pk, "kinds": kinds}
    transaction.on_commit(partial(signals.visitor_unlinked.send_robust, sender=Visitor, **news))
    return number


def _give(events: EventQuerySet, *, giver: int, receiver: int) -> set[str]:
    """Events of one browser, with their totals, change hands; returns their kinds.

    The lock on the visitor's row keeps new events of it out until this is committed. Totals are
    locked in the order in which workers lock them: by member, nobody first.
    """
    rows = list(events.counted().values_list("kind", "page_id", "subject", "at", "value"))
    for who in sorted((giver, receiver)):
        changes = (
            ((who, kind, page_id, subject, local_day(at)), value)
            for kind, page_id, subject, at, value in rows
        )
        add_totals(changes, sign=1 if who == receiver else -1)
    events.update(member=receiver, handed_over=receiver != NOBODY)
    return {row[0] for row in rows}


@transaction.atomic
def remember_account(*, visitor_id: UUID, user: Any) -> bool:
    """Note who is registering on this browser; it becomes theirs once the address is confirmed.

    False when it is somebody else's or somebody else is registering on it: the caller must give
    the browser a new id and call again.
    """
    visitor = _locked(visitor_id)
    taken = visitor.member_id or visitor.forgotten_at or visitor.user_id not in (None, user.pk)
    if taken:
        return False
    visitor.user = user
    visitor.save(update_fields=["user"])
    return True


def keep_consent_of_browser(*, visitor_id: UUID) -> None:
    """The proof that GDPR Art. 7(1) asks for: which text a browser said yes to, and when."""
    proof = {"consent_version": crm_settings.consent_version, "consented_at": timezone.now()}
    new = proof | not_seen_yet()
    Visitor.objects.update_or_create(pk=visitor_id, defaults=proof, create_defaults=new)


@transaction.atomic
def forget_visitor(*, visitor_id: UUID) -> None:
    """Consent was withdrawn: what the browser did stays as numbers, without its id.

    What belongs to a member stays theirs. The row stays for a day, so that what is still in the
    buffer loses the id as well; that of a member's browser stays with the member.
    """
    visitor = _locked(visitor_id)
    Event.objects.without_owner().filter(visitor=visitor_id).update(visitor=None)
    visitor.forgotten_at = timezone.now()
    visitor.user = None
    if visitor.member_id is None:
        visitor.first_touch = visitor.last_touch = {}
    visitor.save()
    tell = partial(signals.visitor_forgotten.send_robust, sender=Visitor, visitor_id=visitor_id)
    transaction.on_commit(tell)
