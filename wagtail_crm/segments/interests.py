"""Which segments an event concerns, found without looking at each of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import swapper

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.tracking.events import NewEvent

from .rules.base import Interest

Asked = dict[int, set[int]]
# What many in a batch do: kind, page and subject.
Deed = tuple[str, int, str]


class Interests:
    """An index of what segments want to hear of: by kind, page, pages below, and subject."""

    def __init__(self, interests: Mapping[int, Iterable[Interest]]) -> None:
        self._anything: dict[str, set[int]] = defaultdict(set)
        self._on: dict[tuple[str, int], set[int]] = defaultdict(set)
        self._below: dict[tuple[str, int], set[int]] = defaultdict(set)
        self._about: dict[tuple[str, str], set[int]] = defaultdict(set)
        for segment_id, each in interests.items():
            for interest in each:
                self._add(segment_id, interest)
        self._tops = frozenset(page_id for _kind, page_id in self._below)

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind of event that some segment wants to hear of."""
        narrowed = {kind for kind, _what in [*self._on, *self._below, *self._about]}
        return frozenset(narrowed | set(self._anything))

    def _add(self, segment_id: int, interest: Interest) -> None:
        for page_id in interest.pages:
            place = self._below if interest.below else self._on
            place[interest.kind, page_id].add(segment_id)
        if not interest.pages and interest.subject:
            self._about[interest.kind, interest.subject].add(segment_id)
        elif not interest.pages:
            self._anything[interest.kind].add(segment_id)

    def asked(self, events: Sequence[NewEvent]) -> Asked:
        """Segment id → ids of the members of ``events`` about whom it has to be asked."""
        above = self._above({event.page_id for event in events})
        members: dict[Deed, set[int]] = defaultdict(set)
        for event in events:
            if event.member_id:
                members[event.kind, event.page_id, event.subject].add(event.member_id)
        asked: Asked = defaultdict(set)
        for deed, who in members.items():
            for segment_id in self._concerned(deed, above):
                asked[segment_id] |= who
        return asked

    def _concerned(self, deed: Deed, above: Mapping[int, Iterable[int]]) -> Iterable[int]:
        kind, page_id, subject = deed
        yield from self._anything.get(kind, ())
        yield from self._on.get((kind, page_id), ())
        yield from self._about.get((kind, subject), ())
        for top in above.get(page_id, ()):
            yield from self._below.get((kind, top), ())

    def _above(self, page_ids: set[int]) -> dict[int, list[int]]:
        """For each page, itself and the pages above it of which rules mean all that is below."""
        if not self._tops:
            return {}
        pages = swapper.load_model("wagtailcore", "Page")
        rows = pages.objects.filter(IsOneOf("pk", page_ids | self._tops)).order_by()
        paths = dict(rows.values_list("pk", "path"))
        tops = {paths[pk]: pk for pk in self._tops if pk in paths}
        return {
            pk: [tops[path[:end]] for end in _steps(path, pages.steplen) if path[:end] in tops]
            for pk, path in paths.items()
        }


def _steps(path: str, length: int) -> range:
    return range(length, len(path) + 1, length)
