"""Loading what rules read of people, for many of them at once."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils import timezone

from wagtail_crm.members.models import ConsentRecord, Member, TaggedMember
from wagtail_crm.tracking.models import DailyTotal, Event

from .models import Membership
from .pages import facts_of_pages
from .rules import records
from .rules.expressions import IsOneOf
from .rules.person import (
    Deed,
    Loaded,
    PageTree,
    Person,
    Reads,
    Total,
    UnknownTree,
    person_facts,
    site_today,
)
from .rules.windows import Bounds, Window

FIELDS = ("pk", "uuid", "status", "language", "time_zone", "registered_at", "attributes")
# Beside whose and which kind: those of Total, and those of Deed.
TOTAL = ("member_id", "kind", "page_id", "subject", "day", "count", "value")
DEED = ("member_id", "kind", "id", "at", "page_id", "subject", "value", "data")

# Slug of a fact, or kind of deeds → ids of the members of whom it is wanted.
Wanted = Mapping[str, Collection[int]]


class Asked(NamedTuple):
    """A kind, the members of whom it is asked, and the days."""

    kind: str
    member_ids: list[int]
    bounds: Bounds


def load_people(
    member_ids: Collection[int], reads: Reads, now: datetime.datetime | None = None
) -> dict[int, Person]:
    """Everything that ``reads`` names, of each of these members who exists.

    A query for the members, and one for each sort of thing that is read, however many they are.
    """
    people = load_members(member_ids, now)
    load_facts(people, dict.fromkeys(reads.facts, people.keys()))
    load_deeds(people, reads, dict.fromkeys(reads.kinds, people.keys()))
    return people


def load_members(
    member_ids: Collection[int], now: datetime.datetime | None = None
) -> dict[int, Person]:
    """Their fields and nothing else: a rule that looks at more raises ``NotLoaded``."""
    now = now or timezone.now()
    today = site_today(now)
    people: dict[int, Person] = {}
    rows: Any = Member.objects.filter(IsOneOf("pk", sorted(member_ids))).order_by()
    for fields in rows.values(*FIELDS):
        person = people[fields["pk"]] = Person(**fields, now=now, today=today)
        person.facts, person.totals, person.events = Loaded(), Loaded(), Loaded()
        person.pages = UnknownTree()
    return people


def load_facts(people: Mapping[int, Person], wanted: Wanted) -> None:
    """What other rooms know of some of ``people``."""
    for slug, ids in wanted.items():
        fact = person_facts[slug]
        loaded = fact.load(sorted(ids)) if ids else {}
        for pk in ids:
            facts: Any = people[pk].facts
            facts[slug] = loaded[pk] if pk in loaded else fact.nothing()


def load_deeds(people: Mapping[int, Person], reads: Reads, wanted: Wanted) -> None:
    """What some of ``people`` did, on the days that ``reads`` names for each kind."""
    today = next((person.today for person in people.values()), site_today())
    days = DailyTotal.objects.filter(count__gt=0).values_list(*TOTAL)
    totals = _by_member(Total, days, _asked(reads.totals, wanted, today))
    deeds = Event.objects.counted().values_list(*DEED)
    events = _by_member(Deed, deeds, _asked(reads.events, wanted, today))
    for pk, person in people.items():
        person.totals, person.events = totals[pk], events[pk]
    pages = _page_tree(reads, people.values())
    for person in people.values():
        person.pages = pages


def _asked(windows: Mapping[str, Window], wanted: Wanted, today: datetime.date) -> list[Asked]:
    return [
        Asked(kind, sorted(wanted[kind]), window.bounds(today))
        for kind, window in windows.items()
        if wanted.get(kind)
    ]


def _by_member(make: type[tuple[Any, ...]], rows: Any, asked: Sequence[Asked]) -> dict[int, Loaded]:
    """``rows`` of the kinds, members and days that are asked for, by member and kind."""
    found: dict[int, Any] = defaultdict(Loaded)
    for kind, ids, _bounds in asked:
        for pk in ids:
            found[pk][kind] = []
    for row in _found(rows, asked):
        found[row[0]][row[1]].append(tuple.__new__(make, row[2:]))
    return found


def _found(rows: Any, asked: Sequence[Asked]) -> Iterable[Any]:
    """One query, that looks up each kind by itself: an index has them by member and kind."""
    queries = [
        records.within(rows.filter(IsOneOf("member", ids), kind=kind).order_by(), bounds)
        for kind, ids, bounds in asked
    ]
    return queries[0].union(*queries[1:], all=True) if queries else ()


def _page_tree(reads: Reads, people: Iterable[Person]) -> PageTree:
    if not (reads.pages or reads.of_pages):
        return PageTree()
    visited = {
        each.page_id
        for person in people
        for by_kind in (person.totals, person.events)
        for several in by_kind.values()
        for each in several
    }
    with_tags = "tags" in reads.of_pages
    return PageTree(facts_of_pages(visited | reads.pages, with_tags=with_tags))


def load_tags(member_ids: Sequence[int]) -> dict[int, set[int]]:
    """Ids of the tags of members."""
    rows = TaggedMember.objects.filter(IsOneOf("content_object", member_ids))
    return _as_sets(rows.values_list("content_object_id", "tag_id"))


def load_consents(member_ids: Sequence[int]) -> dict[int, dict[str, bool]]:
    """What members said when last asked, by purpose; without those they were never asked about."""
    rows = ConsentRecord.objects.current().filter(IsOneOf("member", member_ids)).order_by()
    found: dict[int, dict[str, bool]] = defaultdict(dict)
    for member_id, purpose, granted in rows.values_list("member_id", "purpose", "granted"):
        found[member_id][purpose] = granted
    return found


def load_segments(member_ids: Sequence[int]) -> dict[int, set[int]]:
    """Ids of the segments that members are in."""
    rows = Membership.objects.filter(IsOneOf("member", member_ids))
    return _as_sets(rows.values_list("member_id", "segment_id"))


def _as_sets(rows: Any) -> dict[int, set[Any]]:
    found: dict[int, set[Any]] = defaultdict(set)
    for member_id, value in rows.order_by():
        found[member_id].add(value)
    return found
