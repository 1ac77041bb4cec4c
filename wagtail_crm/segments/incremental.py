"""Membership of the members something happened to, in segments that ask for it.

Few members of a segment are asked about in Python, from facts that are loaded once for all
segments; many, or what only the database can answer, in SQL. Either way what is written is
the difference.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from wagtail_crm.members.models import Member

from .compiled import CompiledSegment, LiveSegments
from .evaluation import Difference, Moves, move, refresh
from .interests import Asked
from .models import Membership
from .people import load_people
from .rules.base import Scope
from .rules.expressions import IsOneOf
from .rules.person import Person, Reads

# From so many members on, a statement of its own for a segment is faster.
MANY = 1_000


class Round:
    """One pass over the segments that were asked for, in dependency order.

    In a transaction, after ``lock_members``: it reads everything anew.
    """

    def __init__(self, live: LiveSegments, asked: Mapping[int, Collection[int]]) -> None:
        self.live = live
        self.asked: Asked = defaultdict(set, {pk: set(members) for pk, members in asked.items()})
        self.scope = Scope()
        self.people: dict[int, Person] = {}
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
        reads = Reads()
        for segment in small:
            reads |= segment.reads
        if small:
            self.people = load_people(members, reads, self.scope.now)
        segment_ids = [segment.pk for segment in small]
        self.present = _memberships(segment_ids, members)

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
        if self._in_sql(segment) or not members <= self.people.keys():
            self._write()
            scope = Scope(tuple(sorted(members)), self.scope.now)
            difference = refresh(segment.pk, segment.rule, scope)
            self.moves[segment.pk] = difference
        else:
            difference = self.decided[segment.pk] = self._difference(segment, members)
        self._tell_followers(segment, difference)

    def _difference(self, segment: CompiledSegment, members: set[int]) -> Difference:
        works = not segment.rule.problems()
        wanted = {
            member_id
            for member_id in members
            if works and _belongs(self.people[member_id], segment)
        }
        present = self.present[segment.pk] & members
        return Difference(frozenset(wanted - present), frozenset(present - wanted))

    def _tell_followers(self, segment: CompiledSegment, difference: Difference) -> None:
        for follower in self.live.followers.get(segment.pk, ()) if difference else ():
            self.asked[follower] |= difference.moved
        for member_id in difference.moved & self.people.keys():
            segments = self.people[member_id].facts.get("segment")
            if segments is not None:
                (segments.add if member_id in difference.entered else segments.discard)(segment.pk)

    def _write(self) -> None:
        self.moves |= move(self.decided)
        self.decided = {}


def _belongs(person: Person, segment: CompiledSegment) -> bool:
    return person.status != Member.Status.WITHDRAWN and segment.rule.holds(person)


def _memberships(segment_ids: list[int], member_ids: Collection[int]) -> dict[int, set[int]]:
    """Who of these members is in which of these segments now."""
    present: dict[int, set[int]] = defaultdict(set)
    rows = Membership.objects.filter(
        IsOneOf("member", sorted(member_ids)), IsOneOf("segment", segment_ids)
    )
    for segment_id, member_id in rows.order_by().values_list("segment_id", "member_id"):
        present[segment_id].add(member_id)
    return present
