"""Clauses, and how they join into one sentence that reads well in English and in Japanese.

English clauses follow "Members" and never change: "who viewed Baking", "whose prefecture is
Tokyo". Japanese clauses stand before 会員 and end differently when another one follows:
「…を見ている会員」「…を見ていて、…」「…を見ているか、…」. So a rule gives its clause without
the ending, and says which family of endings it takes; translations of the messages below put
it on. A rule that only has a finished clause still joins, a little more stiffly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext, pgettext


class Ending(StrEnum):
    """The family of endings of a clause; Japanese translations say what each looks like."""

    FINISHED = "finished"
    BEING = "being"
    NOT_BEING = "not being"
    DOING = "doing"
    NOT_DOING = "not doing"
    IN_BRACKETS = "in brackets"


@dataclass(frozen=True)
class Clause:
    """A clause without its ending."""

    text: str
    ending: Ending = Ending.FINISHED

    def last(self) -> str:
        """As the last clause, before the full stop (Japanese: before 会員)."""
        return self._ended(_LAST)

    def before_and(self) -> str:
        """As a clause after which another one holds as well."""
        return self._ended(_BEFORE_AND)

    def before_or(self) -> str:
        """As a clause after which an alternative follows."""
        return self._ended(_BEFORE_OR)

    def alone(self) -> str:
        """As a statement of its own, e.g. in brackets."""
        return self._ended(_ALONE)

    def _ended(self, endings: "Endings") -> str:
        return endings[self.ending]() % {"clause": self.text}


Endings = dict[Ending, Callable[[], str]]

_LAST: Endings = {
    Ending.FINISHED: lambda: pgettext("finished clause, last", "%(clause)s"),
    Ending.BEING: lambda: pgettext("clause of being, last", "%(clause)s"),
    Ending.NOT_BEING: lambda: pgettext("clause of not being, last", "%(clause)s"),
    Ending.DOING: lambda: pgettext("clause of doing, last", "%(clause)s"),
    Ending.NOT_DOING: lambda: pgettext("clause of not doing, last", "%(clause)s"),
    Ending.IN_BRACKETS: lambda: pgettext("clause in brackets, last", "%(clause)s"),
}
_BEFORE_AND: Endings = {
    Ending.FINISHED: lambda: pgettext("finished clause, before and", "%(clause)s"),
    Ending.BEING: lambda: pgettext("clause of being, before and", "%(clause)s"),
    Ending.NOT_BEING: lambda: pgettext("clause of not being, before and", "%(clause)s"),
    Ending.DOING: lambda: pgettext("clause of doing, before and", "%(clause)s"),
    Ending.NOT_DOING: lambda: pgettext("clause of not doing, before and", "%(clause)s"),
    Ending.IN_BRACKETS: lambda: pgettext("clause in brackets, before and", "%(clause)s"),
}
_BEFORE_OR: Endings = {
    Ending.FINISHED: lambda: pgettext("finished clause, before or", "%(clause)s"),
    Ending.BEING: lambda: pgettext("clause of being, before or", "%(clause)s"),
    Ending.NOT_BEING: lambda: pgettext("clause of not being, before or", "%(clause)s"),
    Ending.DOING: lambda: pgettext("clause of doing, before or", "%(clause)s"),
    Ending.NOT_DOING: lambda: pgettext("clause of not doing, before or", "%(clause)s"),
    Ending.IN_BRACKETS: lambda: pgettext("clause in brackets, before or", "%(clause)s"),
}
_ALONE: Endings = {
    Ending.FINISHED: lambda: pgettext("finished clause, alone", "%(clause)s"),
    Ending.BEING: lambda: pgettext("clause of being, alone", "%(clause)s"),
    Ending.NOT_BEING: lambda: pgettext("clause of not being, alone", "%(clause)s"),
    Ending.DOING: lambda: pgettext("clause of doing, alone", "%(clause)s"),
    Ending.NOT_DOING: lambda: pgettext("clause of not doing, alone", "%(clause)s"),
    Ending.IN_BRACKETS: lambda: pgettext("clause in brackets, alone", "%(clause)s"),
}


def all_of(clauses: Sequence[Clause], end: Callable[[Clause], str] = Clause.last) -> str:
    """ "who A, who B and whose C": they all hold."""
    *others, last = clauses
    return _joined(
        [*(clause.before_and() for clause in others), end(last)],
        pgettext("the last two clauses that hold together", "%(first)s and %(second)s"),
    )


def any_of(clauses: Sequence[Clause], end: Callable[[Clause], str] = Clause.last) -> str:
    """ "who A, who B or whose C": one of them holds."""
    *others, last = clauses
    return _joined(
        [*(clause.before_or() for clause in others), end(last)],
        pgettext("the last two clauses of which one holds", "%(first)s or %(second)s"),
    )


def _joined(parts: Sequence[str], last_two: str) -> str:
    *others, last = parts
    if not others:
        return last
    text = others[0]
    for other in others[1:]:
        between = pgettext("clauses in a row", "%(first)s, %(second)s")
        text = between % {"first": text, "second": other}
    return last_two % {"first": text, "second": last}


def listed(words: Sequence[str]) -> str:
    """Things of which one is meant: "Tokyo, Osaka or Kyoto"."""
    *others, last = words
    if not others:
        return last
    first = pgettext("things in a row", ", ").join(others)
    return gettext("%(first)s or %(second)s") % {"first": first, "second": last}


def inside_sentence(label: str) -> str:
    """A label as it stands inside a sentence: "Prefecture" small, "VIP since" as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def as_sentence(clauses: str) -> str:
    """The whole sentence, given its joined clauses."""
    return gettext("Members %(clauses)s.") % {"clauses": clauses}
