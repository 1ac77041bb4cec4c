"""Why somebody is in a segment, made ready to be shown."""

import datetime
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.kinds import EventKind, event_kinds
from wagtail_crm.tracking.models import Event
from wagtail_crm.tracking.timeline import Cursor, hidden_from

from .explanation import Finding, explain
from .rules.base import Rule

LAST_ID = uuid.UUID(int=2**128 - 1)


@dataclass(frozen=True)
class Fact:
    """An event that speaks for a rule; ``address`` is its place in the member's timeline."""

    kind: EventKind
    details: str
    at: datetime.datetime
    address: str


@dataclass(frozen=True)
class ShownFinding:
    """A rule, whether it holds (None: the visit decides), and what may be shown of its evidence."""

    holds: bool | None
    sentence: str
    match: str
    parts: Sequence["ShownFinding"]
    facts: Sequence[Fact]
    problems: Sequence[str]


def findings_for(rule: Rule, member: Member, user: Any) -> ShownFinding:
    """The tree of ``rule`` for one member, as far as this colleague may read of it."""
    finding = explain(rule, member)
    prefetch_related_objects(list(_events(finding)), "page")
    return _shown(finding, member, hidden_from(user))


def _events(finding: Finding) -> Iterator[Event]:
    yield from finding.evidence
    for part in finding.parts:
        yield from _events(part)


def _shown(finding: Finding, member: Member, hidden: Collection[str]) -> ShownFinding:
    return ShownFinding(
        finding.holds,
        capfirst(finding.sentence),
        finding.match or "",
        [_shown(part, member, hidden) for part in finding.parts],
        [_fact(event, member) for event in finding.evidence if event.kind not in hidden],
        finding.problems,
    )


def _fact(event: Event, member: Member) -> Fact:
    kind = event_kinds.get(event.kind) or EventKind(event.kind, capfirst(event.kind))
    return Fact(kind, kind.details(event), event.at, _place_in_timeline(event, member))


def _place_in_timeline(event: Event, member: Member) -> str:
    """The member's timeline from this event on."""
    try:
        page = reverse("crm_member:inspect", args=[member.pk])
    except NoReverseMatch:  # a site may leave the members' screens out
        return ""
    return f"{page}?tab=timeline&before={Cursor(event.at, LAST_ID)}"
