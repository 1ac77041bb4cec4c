"""A random part of the list that stays the same."""

import hashlib
from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils.translation import gettext

from .base import Dependencies, Rule, Scope, WordedRule
from .expressions import HashIsBetween
from .person import Person
from .words import Clause, Ending

PARTS = 100
# Of the hash, so many hexadecimal digits decide.
DIGITS = 8


@dataclass(frozen=True)
class InShare(WordedRule):
    """Is in one of the parts ``first`` to ``last`` of a hundred equal ones, drawn at random.

    The part follows from the member's public id and the name of the ``draw``: it never changes,
    and two draws have nothing to do with each other.
    """

    first: int
    last: int
    draw: str = ""
    negated: bool = False

    def condition(self, scope: Scope) -> Q:
        drawn = Q(HashIsBetween("uuid", self.draw, *self._limits))
        return ~drawn if self.negated else drawn

    def holds(self, person: Person) -> bool:
        low, high = self._limits
        return (low <= digits_of(person.uuid.hex, self.draw) < high) is not self.negated

    @property
    def _limits(self) -> tuple[str, str]:
        """The first hash in the share, and the first beyond it; "g" follows every digit."""
        return _beginning(self.first - 1), _beginning(self.last)

    def dependencies(self) -> Dependencies:
        return Dependencies()

    def negation(self) -> Rule:
        return replace(self, negated=not self.negated)

    def excludes(self, other: Rule) -> bool:
        if isinstance(other, InShare) and other.draw == self.draw:
            if not (self.negated or other.negated):
                return self.last < other.first
            if self.negated and not other.negated:
                return self.first <= other.first and other.last <= self.last
        return False

    def clause(self) -> Clause:
        words = {"first": self.first, "last": self.last, "draw": self.draw}
        ending = Ending.NOT_DOING if self.negated else Ending.DOING
        return Clause(self._text() % words, ending)

    def _text(self) -> str:
        if self.negated:
            if self.draw:
                return gettext(
                    "who are not in parts %(first)d to %(last)d of 100 drawn for “%(draw)s”"
                )
            return gettext("who are not in parts %(first)d to %(last)d of 100 drawn at random")
        if self.draw:
            return gettext("who are in parts %(first)d to %(last)d of 100 drawn for “%(draw)s”")
        return gettext("who are in parts %(first)d to %(last)d of 100 drawn at random")


def digits_of(uuid_hex: str, draw: str) -> str:
    """What the draw says of an id, the same as :class:`HashIsBetween` in a database."""
    text = (uuid_hex + draw).encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest()[:DIGITS]


def _beginning(part: int) -> str:
    if part >= PARTS:
        return "g"
    return f"{-(-part * 16**DIGITS // PARTS):0{DIGITS}x}"
