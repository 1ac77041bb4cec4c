"""Membership of the members something happened to, in segments that ask for it.

Few members of a segment are asked about in Python, from facts that are loaded once for all
segments; many, or what only the database can answer, in SQL. Either way what is written is
the difference.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import reduce
from operator import or_

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import Member

from .compiled import CompiledSegment, LiveSegments
from .evaluation import Difference, Moves, move, refresh
from .interests import Asked
from .models import Membership
from .people import Wanted, load_deeds, load_facts, load_members
from .rules.base import Scope
from .rules.person import NotLoaded, Person, Reads

# From so many members on, a statement of its own for a segment is faster.
MANY = 1_000
# Of more segments than these, it takes an index less to read all that members are in.
FEW_SEGMENTS = 20


class Round:
    """One pass over the segments that were asked for, in dependency order.

    In a transaction, after ``lock_members``: it reads everything anew.
    """

    def __init__(self, live: LiveSegments, asked: Mapping[int, Collection[int]]) -> None:
        self.live = live
        self.asked: Asked = defaultdict(set, {pk: set(members) for pk, members in asked.items()})
        self.scope = Scope()
        self.people: dict[int, Person] = {}
        # By segment: who belongs to it, and who has to be asked about with all that was done.
        self.belong: dict[int, set[int]] = defaultdict(set)
        self.open: dict[int, set[int]] = defaultdict(set)
        self.decided: dict[int, Difference] = {}
        self.moves: dict[int, Difference] = {}

    def run(self) -> Moves:
        """Refresh, and return who moved. Segments that follow others are asked as these move."""
        self._load()
        for segment in self.live:
            if members := self.asked.get(segment.pk):
                self._refresh(segment, members)
        self._write()
        return self.moves

    def _load(self) -> None:
        """What the segments read, of those who are not asked about in SQL.

        Who is only moved into the question by another segment is asked about in SQL as well.
        """
        small = [segment for segment in self._possible() if not self._in_sql(segment)]
        members = set().union(*(self.asked.get(segment.pk, ()) for segment in small))
        if not small:
            return
        reads = reduce(or_, (segment.reads for segment in small))
        self.people = load_members(members, self.scope.now)
        for segment in small:
            self.open[segment.pk] = self.asked.get(segment.pk, set()) & self.people.keys()
        # What costs more is loaded of fewer people.
        self._settle(small)
        load_facts(self.people, self._wanted(small, lambda reads: reads.facts))
        self._settle(small)
        load_deeds(self.people, reads, self._wanted(small, lambda reads: reads.kinds))
        self.present = _memberships({segment.pk for segment in small}, members)

    def _settle(self, segments: Iterable[CompiledSegment]) -> None:
        """Decide about those of whom enough is loaded; the others stay open."""
        for segment in segments:
            belong, still_open = self.belong[segment.pk], set()
            for pk in self.open[segment.pk] if segment.works else ():
                try:
                    if _belongs(self.people[pk], segment):
                        belong.add(pk)
                except NotLoaded:
                    still_open.add(pk)
            self.open[segment.pk] = still_open

    def _wanted(
        self, segments: Iterable[CompiledSegment], names: Callable[[Reads], Iterable[str]]
    ) -> Wanted:
        """By name: those of whom a segment has still to look at it."""
        wanted: dict[str, set[int]] = defaultdict(set)
        for segment in segments:
            for name in names(segment.reads) if self.open[segment.pk] else ():
                wanted[name] |= self.open[segment.pk]
        return wanted

    def _possible(self) -> Iterable[CompiledSegment]:
        """The segments that were asked for, and those that may follow."""
        possible = set(self.asked)
        for segment in self.live:
            if segment.pk in possible:
                possible |= self.live.followers.get(segment.pk, frozenset())
                yield segment

    def _in_sql(self, segment: CompiledSegment) -> bool:
        return segment.only_in_sql or len(self.asked.get(segment.pk, ())) >= MANY

    def _refresh(self, segment: CompiledSegment, members: set[int]) -> None:
        difference = None if self._in_sql(segment) else self._difference(segment, members)
        if difference is None:
            self._write()
            scope = Scope(tuple(sorted(members)), self.scope.now)
            difference = self.moves[segment.pk] = refresh(segment.pk, segment.rule, scope)
        else:
            self.decided[segment.pk] = difference
        self._tell_followers(segment, difference)

    def _difference(self, segment: CompiledSegment, members: set[int]) -> Difference | None:
        """None when what is loaded cannot tell, because members moved in other segments."""
        if not members <= self.people.keys():
            return None
        try:
            wanted = self._belonging(segment, members)
        except NotLoaded:
            return None
        present = self.present[segment.pk] & members
        return Difference(frozenset(wanted - present), frozenset(present - wanted))

    def _belonging(self, segment: CompiledSegment, members: set[int]) -> set[int]:
        if not segment.works:
            return set()
        again = members if segment.follows else self.open[segment.pk]
        found = {pk for pk in again if _belongs(self.people[pk], segment)}
        return self.belong[segment.pk] - again | found

    def _tell_followers(self, segment: CompiledSegment, difference: Difference) -> None:
        for follower in self.live.followers.get(segment.pk, ()) if difference else ():
            self.asked[follower] |= difference.moved
        for member_id in difference.moved & self.people.keys():
            facts = self.people[member_id].facts
            if "segment" in facts:
                change = set.add if member_id in difference.entered else set.discard
                change(facts["segment"], segment.pk)

    def _write(self) -> None:
        self.moves |= move(self.decided)
        self.decided = {}


def _belongs(person: Person, segment: CompiledSegment) -> bool:
    return person.status != Member.Status.WITHDRAWN and segment.rule.holds(person)


def _memberships(segment_ids: Collection[int], member_ids: Iterable[int]) -> dict[int, set[int]]:
    """Who of these members is in which of these segments now."""
    present: dict[int, set[int]] = defaultdict(set)
    rows = Membership.objects.filter(IsOneOf("member", sorted(member_ids))).order_by()
    if len(segment_ids) <= FEW_SEGMENTS:
        rows = rows.filter(IsOneOf("segment", segment_ids))
    for segment_id, member_id in rows.values_list("segment_id", "member_id"):
        if segment_id in segment_ids:
            present[segment_id].add(member_id)
    return present
