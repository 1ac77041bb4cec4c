"""What an editor typed for an attribute, as values that can be compared."""

import json
import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import lazy
from django.utils.translation import gettext, pgettext_lazy

from wagtail_crm.members.attributes import form_field, parse_text
from wagtail_crm.members.models import AttributeDefinition

from .attribute_dates import WHOLE_YEAR, DateNear
from .attributes import ORDERED, TEXTS, AttributeRule, Type

IS, IS_NOT, ONE_OF = "is", "is_not", "one_of"
SET, NOT_SET, BETWEEN = "set", "not_set", "between"
IN_LAST, IN_NEXT, ANNIVERSARY = "in_last", "in_next", "anniversary"

CHOICES = [
    (IS, pgettext_lazy("comparison", "is")),
    (IS_NOT, pgettext_lazy("comparison", "is not")),
    (ONE_OF, pgettext_lazy("comparison", "is one of")),
    ("contains", pgettext_lazy("comparison", "contains")),
    ("starts_with", pgettext_lazy("comparison", "starts with")),
    ("lt", pgettext_lazy("comparison", "is less / before")),
    ("lte", pgettext_lazy("comparison", "is at most / until")),
    ("gt", pgettext_lazy("comparison", "is more / after")),
    ("gte", pgettext_lazy("comparison", "is at least / from")),
    (BETWEEN, pgettext_lazy("comparison", "is between")),
    (IN_LAST, pgettext_lazy("comparison", "is in the last … days")),
    (IN_NEXT, pgettext_lazy("comparison", "is in the next … days")),
    (ANNIVERSARY, pgettext_lazy("comparison", "has its anniversary in the next … days")),
    (SET, pgettext_lazy("comparison", "is filled in")),
    (NOT_SET, pgettext_lazy("comparison", "is not filled in")),
]

# What these are called where the type of the attribute is known.
WORDS: dict[str, dict[str, Any]] = {
    Type.NUMBER: {
        "lt": pgettext_lazy("comparison of numbers", "is less than"),
        "lte": pgettext_lazy("comparison of numbers", "is at most"),
        "gt": pgettext_lazy("comparison of numbers", "is more than"),
        "gte": pgettext_lazy("comparison of numbers", "is at least"),
    },
    Type.DATE: {
        "lt": pgettext_lazy("comparison of dates", "is before"),
        "lte": pgettext_lazy("comparison of dates", "is on or before"),
        "gt": pgettext_lazy("comparison of dates", "is after"),
        "gte": pgettext_lazy("comparison of dates", "is on or after"),
    },
}


def _words_by_type() -> str:
    return json.dumps(WORDS, cls=DjangoJSONEncoder)


# For the script of the editor, in the language of whoever reads it.
words_by_type = lazy(_words_by_type, str)()

_ALWAYS = (SET, NOT_SET)
_TEXT = (IS, IS_NOT, ONE_OF, "contains", "starts_with", *_ALWAYS)
_ORDERED = (IS, IS_NOT, ONE_OF, "lt", "lte", "gt", "gte", BETWEEN, *_ALWAYS)
NEAR = (IN_LAST, IN_NEXT, ANNIVERSARY)
# A hundred years of days.
LONGEST = 36_500

YES, NO = "true", "false"


def comparisons_of(attribute_type: str) -> tuple[str, ...]:
    """The comparisons that make sense for a type of attribute."""
    if attribute_type in TEXTS:
        return _TEXT
    if attribute_type == Type.DATE:
        return (*_ORDERED[:-2], *NEAR, *_ALWAYS)
    if attribute_type in ORDERED:
        return _ORDERED
    if attribute_type == Type.BOOLEAN:
        return (IS, IS_NOT, *_ALWAYS)
    return (IS, IS_NOT, ONE_OF, *_ALWAYS)


def attribute_rule(
    definition: AttributeDefinition, comparison: str, text: str, upper: str
) -> AttributeRule | DateNear:
    """The rule for what was chosen and typed. Raises ``ValidationError``, by name of the field."""
    values = parse_values(definition, comparison, text, upper)
    if comparison in NEAR:
        when: Any = comparison
        return DateNear(definition, when, *values)
    operator: Any = {IS_NOT: IS, ONE_OF: IS, NOT_SET: SET}.get(comparison, comparison)
    return AttributeRule(definition, operator, values, negated=comparison in (IS_NOT, NOT_SET))


def parse_values(
    definition: AttributeDefinition, comparison: str, text: str, upper: str
) -> tuple[Any, ...]:
    """The stored values that ``text``, and for a range ``upper``, stand for.

    Raises ``ValidationError`` with a dictionary from "comparison", "value" or "upper" to words.
    """
    if comparison not in comparisons_of(definition.type):
        raise ValidationError({"comparison": _wrong_comparison(definition)})
    if comparison in _ALWAYS:
        return ()
    if comparison in NEAR:
        return (_parse_days(text, WHOLE_YEAR if comparison == ANNIVERSARY else LONGEST),)
    parts = [text]
    if comparison == ONE_OF or definition.type == Type.CHOICES:
        parts = _several(definition, text)
    # Each value once: every further one would be a condition more.
    parts = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    values = _parse_each("value", definition, parts)
    if comparison == BETWEEN:
        values += _parse_each("upper", definition, [upper] if upper.strip() else [])
        if values[0] > values[1]:
            raise ValidationError({"upper": gettext("The end lies before the beginning.")})
    return values


def _several(definition: AttributeDefinition, text: str) -> list[str]:
    """The texts between commas; choices may have commas of their own."""
    choices = sorted(definition.choice_values, key=len, reverse=True)
    known = "|".join(re.escape(choice) for choice in choices) or "(?!)"
    return re.findall(rf"\s*((?:{known})(?=\s*(?:[,、，;\n]|$))|[^,、，;\n]+)", text)


def _parse_days(text: str, most: int) -> int:
    number = unicodedata.normalize("NFKC", text).strip()
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= most):
        words = gettext("Write how many days, from 1 (only today) to %(most)d.")
        raise ValidationError({"value": words % {"most": most}})
    return int(number)


def _wrong_comparison(definition: AttributeDefinition) -> str:
    labels = [str(label) for slug, label in CHOICES if slug in comparisons_of(definition.type)]
    text = gettext("“%(attribute)s” cannot be compared like this. Choose one of: %(choices)s.")
    return text % {"attribute": definition, "choices": ", ".join(labels)}


def _parse_each(field: str, definition: AttributeDefinition, parts: list[str]) -> tuple[Any, ...]:
    if not parts:
        raise ValidationError({field: gettext("Enter a value to compare with.")})
    try:
        return tuple(_parse(definition, part.strip()) for part in parts)
    except ValidationError as error:
        raise ValidationError({field: _expected(definition) or error.messages}) from error


def _parse(definition: AttributeDefinition, text: str) -> Any:
    if definition.type == Type.BOOLEAN:
        if text not in (YES, NO):
            raise ValidationError("")
        return text == YES
    if definition.type == Type.CHOICES:
        return form_field(definition).clean([text])[0]
    return parse_text(definition, text)


def _expected(definition: AttributeDefinition) -> str:
    words: dict[str, Any] = {"attribute": definition}
    match definition.type:
        case Type.NUMBER:
            return gettext("“%(attribute)s” is a number: write it like 1200 or 0.5.") % words
        case Type.DATE:
            return gettext("“%(attribute)s” is a date: write it like 2026-04-30.") % words
        case Type.BOOLEAN:
            return gettext("“%(attribute)s” is yes or no: choose one.") % words
        case Type.CHOICE | Type.CHOICES:
            words["choices"] = ", ".join(definition.choice_values)
            return gettext("“%(attribute)s” has these choices: %(choices)s.") % words
    return ""


def as_text(values: tuple[Any, ...]) -> str:
    """Parsed values as the editor keeps them: the same whoever reads them in whatever language."""
    return ", ".join({True: YES, False: NO}.get(value, str(value)) for value in values)
