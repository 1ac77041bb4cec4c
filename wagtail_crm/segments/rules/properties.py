"""What else an event says: the device, the words searched for, whatever its kind notes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import F, JSONField, Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import In
from django.utils.translation import gettext, pgettext

from wagtail_crm.tracking.devices import DEVICES

from .attributes import JSON_TEXT, JSON_TYPES, Type
from .expressions import HasText, JsonType
from .letters import has_other_letters, lowered
from .person import Deed

Comparison = Literal["is", "is_not", "contains", "at_least", "at_most"]

SUBJECT = "subject"

# Names of properties, with points between those that are inside each other: touch.utm_source.
_WORD = "[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*"
NAME = rf"{_WORD}(\.{_WORD})*"


@dataclass(frozen=True)
class Property:
    """Compares one property in the data of an event with what an editor typed.

    "is" compares texts letter by letter, numbers as numbers, and "true" and "false" with yes and
    no; "is not" also holds where there is no such property. "at least" and "at most" are for
    numbers, "contains" is for texts, without regard to case. The name "subject" stands for what
    the event was about, e.g. the words of a search.
    """

    name: str
    comparison: Comparison
    value: str

    @property
    def path(self) -> list[str]:
        return self.name.split(".")

    @property
    def number(self) -> float | None:
        """The typed value as a number, if it is one."""
        try:
            number = float(self.value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    @property
    def only_in_sql(self) -> bool:
        """Databases differ in which letters beyond ASCII are the same, large and small."""
        return self.comparison == "contains" and has_other_letters(self.value)

    def condition(self) -> Q:
        """The events for which it holds, as a condition on ``Event``; never NULL."""
        match self.comparison:
            case "is":
                return self._is()
            case "is_not":
                return ~self._is()
            case "contains" if self.only_in_sql:
                return self._typed(JSON_TEXT) & self._compared("icontains", self.value)
            case "contains":
                return self._typed(JSON_TEXT) & Q(HasText(self._text, self.value))
        if self.number is None:
            return Q(pk__in=())
        lookup = "gte" if self.comparison == "at_least" else "lte"
        return self._typed(JSON_TYPES[Type.NUMBER]) & self._compared(lookup, self.number)

    def _is(self) -> Q:
        same = self._typed(JSON_TEXT) & self._compared("exact", self.value)
        if self.number is not None:
            same |= self._typed(JSON_TYPES[Type.NUMBER]) & self._compared("exact", self.number)
        if self.value in ("true", "false"):
            same |= self._typed(JSON_TYPES[Type.BOOLEAN]) & self._compared(
                "exact", self.value == "true"
            )
        return same

    @property
    def _is_about_subject(self) -> bool:
        return self.name == SUBJECT

    def _typed(self, types: Any) -> Q:
        if self._is_about_subject:
            return Q() if types is JSON_TEXT else Q(pk__in=())
        return Q(In(JsonType("data", *self.path), types))

    def _compared(self, lookup: str, value: Any) -> Q:
        if self._is_about_subject:
            return Q(**{f"subject__{lookup}": value})
        # Not as "data__in__exact": a detail may have the name of a lookup.
        column = self._inside(KeyTransform)
        column.output_field = JSONField()
        compare: Any = column.get_lookup(lookup)
        return Q(compare(column, value))

    @property
    def _text(self) -> Any:
        return F("subject") if self._is_about_subject else self._inside(KeyTextTransform)

    def _inside(self, innermost: Any) -> Any:
        """What is under the last of the names, as JSON or as text."""
        *outer, last = self.path
        found: Any = "data"
        for key in outer:
            found = KeyTransform(key, found)
        return innermost(last, found)

    def holds(self, deed: Deed) -> bool:
        value: Any = {SUBJECT: deed.subject} if self._is_about_subject else deed.data
        for key in self.path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if self.comparison in ("is", "is_not"):
            return self._is_same(value) is (self.comparison == "is")
        if self.comparison == "contains":
            return isinstance(value, str) and lowered(self.value) in lowered(value)
        return self._is_number(value) and self._measures(value)

    def _is_same(self, value: Any) -> bool:
        if isinstance(value, bool):
            return self.value == ("true" if value else "false")
        if self._is_number(value):
            return bool(value == self.number)
        return isinstance(value, str) and value == self.value

    def _is_number(self, value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool)

    def _measures(self, value: float) -> bool:
        if self.number is None:
            return False
        return value >= self.number if self.comparison == "at_least" else value <= self.number

    def words(self) -> str:
        texts = {
            "is": gettext("%(name)s is “%(value)s”"),
            "is_not": gettext("%(name)s is not “%(value)s”"),
            "contains": gettext("%(name)s contains “%(value)s”"),
            "at_least": gettext("%(name)s is at least %(value)s"),
            "at_most": gettext("%(name)s is at most %(value)s"),
        }
        value = DEVICES.get(self.value, self.value) if self.name == "device" else self.value
        return texts[self.comparison] % {"name": name_of_property(self.name), "value": value}


def name_of_property(name: str) -> str:
    """What people call it, in the active language; the name itself where nobody said."""
    return {
        SUBJECT: gettext("what it is about"),
        "device": gettext("device"),
        "os": pgettext("browser", "system"),
        "browser": gettext("browser"),
        "country": gettext("country"),
        "results": gettext("number of results"),
        "touch.referrer": gettext("came from"),
        "touch.utm_source": gettext("UTM source"),
        "touch.utm_medium": gettext("UTM medium"),
        "touch.utm_campaign": gettext("UTM campaign"),
    }.get(name, name)
