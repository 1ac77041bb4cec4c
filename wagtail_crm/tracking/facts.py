"""What the members' room knows happened, as events with names of their own."""

import datetime
from typing import Any

from wagtail_crm.members.models import ConsentRecord, Member

from .events import NewEvent, event_id_for


def registration_of(member: Member) -> NewEvent:
    return _fact("registration", member.pk, member.registered_at)


def withdrawal_of(member: Member) -> NewEvent:
    return _fact("withdrawal", member.pk, member.withdrawn_at)


def answer_in(record: ConsentRecord) -> NewEvent:
    return _fact(
        "consent", record.member_id, record.at, subject=record.purpose, granted=record.granted
    )


def between(start: datetime.datetime, end: datetime.datetime) -> list[NewEvent]:
    """All of them in that time. Of members who left only that: the rest may be erased."""
    period = (start, end)
    registered = Member.objects.registered().filter(registered_at__range=period)
    withdrawn = Member.objects.withdrawn().filter(withdrawn_at__range=period)
    answers = ConsentRecord.objects.filter(at__range=period, member__in=Member.objects.present())
    return [
        *map(registration_of, registered),
        *map(withdrawal_of, withdrawn),
        *map(answer_in, answers),
    ]


def _fact(kind: str, member_id: int, at: Any, subject: str = "", **data: Any) -> NewEvent:
    return NewEvent(
        kind=kind,
        id=event_id_for(at, kind, member_id, subject),
        at=at,
        member_id=member_id,
        subject=subject,
        data=data,
    )
