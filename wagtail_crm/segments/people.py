"""Loading what rules read of people, for many of them at once."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils import timezone

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import ConsentRecord, Member, TaggedMember
from wagtail_crm.tracking.models import DailyTotal, Event

from .models import Membership
from .pages import facts_below, facts_of_pages
from .rules import records
from .rules.expressions import IsPairOf
from .rules.person import (
    Deed,
    Loaded,
    Look,
    PageFacts,
    PageTree,
    Person,
    Reads,
    Total,
    UnknownTree,
    families,
    person_facts,
    site_today,
)
from .rules.windows import Bounds

FIELDS = ("pk", "uuid", "status", "language", "time_zone", "registered_at", "attributes")
# Beside whose and which kind: those of Total, and those of Deed.
TOTAL = ("member_id", "kind", "page_id", "subject", "day", "count", "value")
DEED = ("member_id", "kind", "id", "at", "page_id", "subject", "value", "data")

# Slug of a fact, or kind of deeds → ids of the members of whom it is wanted.
Wanted = Mapping[str, Collection[int]]


# Of so many pages each is looked up; of more, all that a member did is read.
FEW_PAGES = 60


class Asked(NamedTuple):
    """A kind, the members of whom it is asked, the days, and the pages; None: anywhere."""

    kind: str
    member_ids: list[int]
    bounds: Bounds
    pages: list[int] | None


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
    pages = UnknownTree()
    for fields in rows.values(*FIELDS):
        unknown: dict[str, Any] = {name: Loaded() for name in ("facts", "totals", "events")}
        people[fields["pk"]] = Person(**fields, **unknown, pages=pages, now=now, today=today)
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
    """What some of ``people`` did, when and where ``reads`` names for each kind."""
    today = next((person.today for person in people.values()), site_today())
    tops = frozenset().union(*(look.pages for look in reads.looks))
    places = _few_places(tops)
    pages = None if places is None else sorted(tops | places.keys())
    totals = _by_member(Total, _days, _asked(reads.totals, wanted, today, pages))
    events = _by_member(Deed, _deeds, _asked(reads.events, wanted, today, pages))
    for pk, person in people.items():
        person.totals, person.events = totals[pk], events[pk]
    # Where one rule looks anywhere, the pages that another names are not among those.
    named = places if reads.pages <= tops else _few_places(reads.pages)
    tree = _page_tree(reads, people.values(), named)
    for person in people.values():
        person.pages = tree


def _days() -> Any:
    return DailyTotal.objects.filter(count__gt=0).values_list(*TOTAL)


def _deeds() -> Any:
    return Event.objects.counted().values_list(*DEED)


def _few_places(tops: Collection[int]) -> dict[int, PageFacts] | None:
    """Those of the pages that exist, with all below; None: too many to look up each."""
    if len(tops) > FEW_PAGES:
        return None
    places = facts_below(tops, at_most=FEW_PAGES + 1)
    return None if len(places) > FEW_PAGES else places


def _asked(
    looks: Mapping[str, Look], wanted: Wanted, today: datetime.date, pages: list[int] | None
) -> list[Asked]:
    return [
        Asked(kind, sorted(wanted[kind]), look.window.bounds(today), pages if look.pages else None)
        for kind, look in looks.items()
        if wanted.get(kind)
    ]


def _by_member(
    make: type[tuple[Any, ...]], rows: Callable[[], Any], asked: Sequence[Asked]
) -> dict[int, Loaded]:
    """``rows()`` of the kinds, members and days that are asked for, by member and kind."""
    found: dict[int, Any] = defaultdict(Loaded)
    for each in asked:
        for pk in each.member_ids:
            found[pk][each.kind] = []
    for row in _found(rows(), asked) if asked else ():
        found[row[0]][row[1]].append(tuple.__new__(make, row[2:]))
    return found


def _found(rows: Any, asked: Sequence[Asked]) -> Iterable[Any]:
    """One query, that looks up each kind by itself: an index has them by member and kind."""
    queries = [_query(rows, each) for each in asked]
    return queries[0].union(*queries[1:], all=True)


def _query(rows: Any, asked: Asked) -> Any:
    if asked.pages is None:
        whose: Any = IsOneOf("member", asked.member_ids)
    else:
        whose = IsPairOf(("member", "page"), asked.member_ids, asked.pages)
    return records.within(rows.filter(whose, kind=asked.kind).order_by(), asked.bounds)


def _page_tree(
    reads: Reads, people: Iterable[Person], places: Mapping[int, PageFacts] | None
) -> PageTree:
    if not (reads.pages or reads.of_pages):
        return PageTree()
    if places is not None and not reads.of_pages:
        return PageTree(places)
    visited = {
        each.page_id
        for person in people
        for by_kind in (person.totals, person.events)
        for several in by_kind.values()
        for each in several
    }
    with_tags = "tag" in families(reads.of_pages)
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
