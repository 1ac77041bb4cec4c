"""Rules about the fields a site defines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import In
from django.utils.translation import pgettext

from wagtail_crm.members.attributes import display_value
from wagtail_crm.members.models import AttributeDefinition

from .base import Dependencies, Rule, Scope, WordedRule
from .expressions import HasText, JsonListHolds, JsonType
from .letters import has_other_letters, lowered
from .person import Person
from .words import Clause, Ending, inside_sentence, listed

Type = AttributeDefinition.Type
Comparison = Literal["is", "contains", "starts_with", "lt", "lte", "gt", "gte", "between", "set"]

TEXTS = (Type.TEXT, Type.LONG_TEXT)
ORDERED = (Type.NUMBER, Type.DATE)

# The names of one JSON type on PostgreSQL and on SQLite.
JSON_TYPES: dict[str, Sequence[str]] = {
    Type.NUMBER: ("number", "integer", "real"),
    Type.BOOLEAN: ("boolean", "true", "false"),
    Type.CHOICES: ("array",),
}
JSON_TEXT = ("string", "text")
JSON_NOTHING = ("", "null")
ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"


@dataclass(frozen=True)
class AttributeRule(WordedRule):
    """What a site-defined field says; ``negated`` also holds where it is not filled in.

    ``values`` are stored values: "is" means one of them (of a list type: the list contains one
    of them), "between" has two and includes both. A stored value of another type than the
    definition's, left over from earlier, matches nothing. Letters compare without regard to case
    in "contains" and "starts with", as far as the database knows them.
    """

    definition: AttributeDefinition
    comparison: Comparison = "is"
    values: tuple[Any, ...] = ()
    negated: bool = False

    @property
    def key(self) -> str:
        return self.definition.key

    def condition(self, scope: Scope) -> Q:
        holds = self._typed() & self._compared()
        return ~holds if self.negated else holds

    def _typed(self) -> Q:
        # First, and never NULL: what follows is NULL for a missing key.
        actual = JsonType("attributes", self.key)
        if self.comparison == "set":
            return ~Q(In(actual, JSON_NOTHING))
        typed = Q(In(actual, JSON_TYPES.get(self.definition.type, JSON_TEXT)))
        if self.definition.type == Type.DATE:
            typed &= Q(**{f"attributes__{self.key}__regex": ISO_DATE})
        return typed

    def _compared(self) -> Q:
        value = f"attributes__{self.key}"
        match self.comparison:
            case "set":
                return Q()
            case "is" if self.definition.type == Type.CHOICES:
                return self._any_chosen()
            case "is":
                return Q(**{f"{value}__in": self.values})
            case "contains" | "starts_with" if not self.only_in_sql:
                at_start = self.comparison == "starts_with"
                text = KeyTextTransform(self.key, "attributes")
                return Q(HasText(text, self.values[0], at_start=at_start))
            case "contains":
                return Q(**{f"{value}__icontains": self.values[0]})
            case "starts_with":
                return Q(**{f"{value}__istartswith": self.values[0]})
            case "between":
                low, high = self.values
                return Q(**{f"{value}__gte": low, f"{value}__lte": high})
        return Q(**{f"{value}__{self.comparison}": self.values[0]})

    def _any_chosen(self) -> Q:
        chosen = Q()
        for value in self.values:
            chosen |= Q(JsonListHolds("attributes", self.key, value))
        return chosen

    def holds(self, person: Person) -> bool:
        return self._holds_for(person.attributes.get(self.key)) is not self.negated

    def _holds_for(self, value: Any) -> bool:
        if self.comparison == "set":
            return value is not None
        if not self._is_typed(value):
            return False
        if self.definition.type == Type.CHOICES:
            return any(chosen in value for chosen in self.values)
        return self.accepts(value)

    def _is_typed(self, value: Any) -> bool:
        match self.definition.type:
            case Type.NUMBER:
                return isinstance(value, int | float) and not isinstance(value, bool)
            case Type.BOOLEAN:
                return isinstance(value, bool)
            case Type.CHOICES:
                return isinstance(value, list)
            case Type.DATE:
                return isinstance(value, str) and re.match(ISO_DATE, value) is not None
        return isinstance(value, str)

    @property
    def only_in_sql(self) -> bool:  # type: ignore[override]
        """Databases differ in which letters beyond ASCII are the same, large and small."""
        if self.comparison not in ("contains", "starts_with"):
            return False
        return has_other_letters(self.values[0])

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({f"attributes.{self.key}"}))

    def negation(self) -> Rule:
        return replace(self, negated=not self.negated)

    def excludes(self, other: Rule) -> bool:
        if not isinstance(other, AttributeRule) or other.key != self.key or self.negated:
            return False
        if other.negated:
            return other.comparison == "set" or replace(other, negated=False) == self
        if self.definition.type == Type.CHOICES:
            return False
        if self.comparison == "is":
            return not any(other.accepts(value) for value in self.values)
        return self._range_excludes(other)

    def accepts(self, value: Any) -> bool:
        """Whether it holds for somebody whose stored ``value`` is of the right type."""
        match self.comparison:
            case "is":
                return value in self.values
            case "contains":
                return self._lowered(self.values[0]) in self._lowered(value)
            case "starts_with":
                return self._lowered(value).startswith(self._lowered(self.values[0]))
        return (
            self._low is None or value > self._low or (value == self._low and self._closed)
        ) and (self._high is None or value < self._high or (value == self._high and self._closed))

    def _lowered(self, text: str) -> str:
        return text.lower() if self.only_in_sql else lowered(text)

    @property
    def _low(self) -> Any:
        return self.values[0] if self.comparison in ("gt", "gte", "between") else None

    @property
    def _high(self) -> Any:
        return self.values[-1] if self.comparison in ("lt", "lte", "between") else None

    @property
    def _closed(self) -> bool:
        return self.comparison in ("lte", "gte", "between")

    def _range_excludes(self, other: "AttributeRule") -> bool:
        if self._low is None or other._high is None:
            return False
        touching = self._closed and other._closed
        return self._low > other._high or (self._low == other._high and not touching)

    def clause(self) -> Clause:
        words = {
            "attribute": inside_sentence(str(self.definition)),
            "value": listed([self._in_words(value) for value in self.values[:1]] or [""]),
            "high": self._in_words(self.values[-1]) if self.values else "",
        }
        if self.comparison == "is":
            words["value"] = listed([self._in_words(value) for value in self.values])
        template, ending = self._template()
        return Clause(template % words, ending)

    def _in_words(self, value: Any) -> str:
        if self.definition.type == Type.CHOICES:
            return display_value(self.definition, [value])
        text = display_value(self.definition, value)
        if self.definition.type == Type.BOOLEAN:
            return pgettext("yes or no in a sentence", "%(value)s") % {"value": text}
        return text

    def _template(self) -> tuple[str, Ending]:
        being = Ending.NOT_BEING if self.negated else Ending.BEING
        doing = Ending.NOT_DOING if self.negated else Ending.DOING
        match self.comparison, self.definition.type:
            case "set", _:
                return _filled_in(self.negated), doing
            case "is", Type.CHOICES:
                return _includes(self.negated), doing
            case "is", _:
                return _is(self.negated), being
            case "contains", _:
                return _contains(self.negated), doing
            case "starts_with", _:
                return _starts_with(self.negated), doing
            case _, Type.DATE:
                return _dated(self.comparison, self.negated), being
        return _measured(self.comparison, self.negated), being


def _is(negated: bool) -> str:
    if negated:
        return pgettext("attribute", "whose %(attribute)s is not %(value)s")
    return pgettext("attribute", "whose %(attribute)s is %(value)s")


def _includes(negated: bool) -> str:
    if negated:
        return pgettext("attribute", "whose %(attribute)s does not include %(value)s")
    return pgettext("attribute", "whose %(attribute)s includes %(value)s")


def _contains(negated: bool) -> str:
    if negated:
        return pgettext("attribute", "whose %(attribute)s does not contain “%(value)s”")
    return pgettext("attribute", "whose %(attribute)s contains “%(value)s”")


def _starts_with(negated: bool) -> str:
    if negated:
        return pgettext("attribute", "whose %(attribute)s does not start with “%(value)s”")
    return pgettext("attribute", "whose %(attribute)s starts with “%(value)s”")


def _filled_in(negated: bool) -> str:
    if negated:
        return pgettext("attribute", "whose %(attribute)s is not filled in")
    return pgettext("attribute", "whose %(attribute)s is filled in")


def _measured(comparison: str, negated: bool) -> str:
    if negated:
        return {
            "lt": pgettext("attribute", "whose %(attribute)s is not less than %(value)s"),
            "lte": pgettext("attribute", "whose %(attribute)s is not at most %(value)s"),
            "gt": pgettext("attribute", "whose %(attribute)s is not more than %(value)s"),
            "gte": pgettext("attribute", "whose %(attribute)s is not at least %(value)s"),
            "between": pgettext(
                "attribute", "whose %(attribute)s is not between %(value)s and %(high)s"
            ),
        }[comparison]
    return {
        "lt": pgettext("attribute", "whose %(attribute)s is less than %(value)s"),
        "lte": pgettext("attribute", "whose %(attribute)s is at most %(value)s"),
        "gt": pgettext("attribute", "whose %(attribute)s is more than %(value)s"),
        "gte": pgettext("attribute", "whose %(attribute)s is at least %(value)s"),
        "between": pgettext("attribute", "whose %(attribute)s is between %(value)s and %(high)s"),
    }[comparison]


def _dated(comparison: str, negated: bool) -> str:
    if negated:
        return {
            "lt": pgettext("attribute", "whose %(attribute)s is not before %(value)s"),
            "lte": pgettext("attribute", "whose %(attribute)s is not on or before %(value)s"),
            "gt": pgettext("attribute", "whose %(attribute)s is not after %(value)s"),
            "gte": pgettext("attribute", "whose %(attribute)s is not on or after %(value)s"),
            "between": pgettext(
                "attribute", "whose %(attribute)s is not from %(value)s to %(high)s"
            ),
        }[comparison]
    return {
        "lt": pgettext("attribute", "whose %(attribute)s is before %(value)s"),
        "lte": pgettext("attribute", "whose %(attribute)s is on or before %(value)s"),
        "gt": pgettext("attribute", "whose %(attribute)s is after %(value)s"),
        "gte": pgettext("attribute", "whose %(attribute)s is on or after %(value)s"),
        "between": pgettext("attribute", "whose %(attribute)s is from %(value)s to %(high)s"),
    }[comparison]
