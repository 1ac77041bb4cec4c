"""Events on their way into the log together."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from django.db import connections, router

from . import arrays
from .arrays import Array
from .events import NewEvent, as_json
from .models import Event


class Batch:
    """Events in the order in which everybody writes them.

    So workers with the same events wait for each other, and never in a ring.
    """

    def __init__(self, events: Iterable[NewEvent]) -> None:
        self.events = sorted(events, key=lambda event: event.id.int)

    def prepare(self) -> None:
        """Do what can be done before it is known whose the events are."""
        if connections[router.db_for_write(Event)].vendor == "postgresql":
            self.facts  # noqa: B018  # kept from now on

    @cached_property
    def facts(self) -> list[Array]:
        """The columns that stay as they are, whoever turns out to have done it."""
        return [
            arrays.uuids([event.id for event in self.events]),
            arrays.moments([event.at for event in self.events]),
            arrays.texts([event.kind for event in self.events]),
            arrays.integers([event.page_id for event in self.events]),
            arrays.optional_integers([event.site_id for event in self.events]),
            arrays.texts([event.subject for event in self.events]),
            arrays.texts([event.value for event in self.events]),
            arrays.documents([as_json(event.data) for event in self.events]),
        ]


def people_of(events: Sequence[NewEvent]) -> list[Array]:
    """The columns that say who it was, and whether it counts."""
    return [
        arrays.integers([event.member_id for event in events]),
        arrays.uuids([event.visitor_id for event in events]),
        arrays.booleans([event.handed_over for event in events]),
        arrays.booleans([event.uncounted for event in events]),
    ]
