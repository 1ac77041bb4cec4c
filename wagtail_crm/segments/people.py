"""Loading what rules read of people, for many of them at once."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils import timezone

from wagtail_crm.members.models import ConsentRecord, Member, TaggedMember
from wagtail_crm.tracking.models import DailyTotal, Event

from .models import Membership
from .pages import facts_of_pages
from .rules.expressions import IsOneOf
from .rules.person import Deed, PageTree, Person, Reads, Total, person_facts, site_today

FIELDS = ("pk", "uuid", "status", "language", "time_zone", "registered_at", "attributes")
ByKind = Mapping[str, Sequence[Any]]


def load_people(
    member_ids: Collection[int], reads: Reads, now: datetime.datetime | None = None
) -> dict[int, Person]:
    """Everything that ``reads`` names, of each of these members who exists.

    A query for the members, and one for each sort of thing that is read, however many they are.
    """
    ids, now = sorted(member_ids), now or timezone.now()
    totals = _totals(ids, reads.totals)
    events = _events(ids, reads.events)
    facts = {slug: person_facts[slug] for slug in reads.facts}
    loaded = {slug: fact.load(ids) for slug, fact in facts.items()}
    pages = _page_tree(reads, totals, events)
    today = site_today(now)
    people: dict[int, Person] = {}
    rows: Any = Member.objects.filter(IsOneOf("pk", ids)).order_by().values(*FIELDS)
    for fields in rows:
        person = people[fields["pk"]] = Person(**fields, now=now, today=today, pages=pages)
        person.totals = totals.get(person.pk, {})
        person.events = events.get(person.pk, {})
        person.facts = {
            slug: loaded[slug].get(person.pk, fact.nothing()) for slug, fact in facts.items()
        }
    return people


def _totals(ids: list[int], kinds: frozenset[str]) -> dict[int, ByKind]:
    rows = DailyTotal.objects.filter(IsOneOf("member", ids), kind__in=sorted(kinds), count__gt=0)
    fields = rows.order_by().values_list(
        "member_id", "kind", "page_id", "subject", "day", "count", "value"
    )
    return _by_kind(partial(tuple.__new__, Total), fields if kinds else ())


def _events(ids: list[int], kinds: frozenset[str]) -> dict[int, ByKind]:
    rows = Event.objects.counted().filter(IsOneOf("member", ids), kind__in=sorted(kinds))
    fields = rows.order_by().values_list(
        "member_id", "kind", "id", "at", "page_id", "subject", "value", "data"
    )
    return _by_kind(partial(tuple.__new__, Deed), fields if kinds else ())


def _by_kind(make: Callable[..., Any], rows: Iterable[Sequence[Any]]) -> dict[int, ByKind]:
    found: dict[int, Any] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row[0]][row[1]].append(make(row[2:]))
    return found


def _page_tree(reads: Reads, *things: Mapping[int, ByKind]) -> PageTree:
    if not (reads.pages or reads.of_pages):
        return PageTree()
    visited = {
        each.page_id
        for of_people in things
        for by_kind in of_people.values()
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
