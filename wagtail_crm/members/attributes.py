"""Attributes: how a value of each type is asked for, stored in JSON, and shown to people."""

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format
from django.utils.html import conditional_escape
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .models import AttributeDefinition

Type = AttributeDefinition.Type
PREFIX = "attribute_"
# Postal codes and telephone numbers, once they are in half width.
CODE = re.compile(r"(?=.*\d)[\d+(). /-]+", re.ASCII)
DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ーｰ", "-"))
# What files and people write for a boolean, compared in lower case and half width.
YES = frozenset({"1", "true", "t", "yes", "y", "on", "はい", "○", "有"})
NO = frozenset({"0", "false", "f", "no", "n", "off", "いいえ", "×", "無"})


class LineField(forms.CharField):
    """One line. Numbers typed in full width, as Japanese keyboards do, become plain digits."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        plain = unicodedata.normalize("NFKC", text).translate(DASHES)
        return plain if CODE.fullmatch(plain) else text


def form_field(definition: AttributeDefinition, *, required: bool | None = None) -> forms.Field:
    """The form field that asks for the attribute, labelled in the active language."""
    options: dict[str, Any] = {
        "label": definition.text("label"),
        # Django's own templates take help for HTML; what editors write is none.
        "help_text": conditional_escape(definition.text("help_text")),
        "required": definition.required if required is None else required,
    }
    match definition.type:
        case Type.LONG_TEXT:
            options["widget"] = forms.Textarea(attrs={"rows": 4})
            return forms.CharField(max_length=5000, **options)
        case Type.NUMBER:
            return forms.DecimalField(max_digits=18, decimal_places=4, **options)
        case Type.DATE:
            options["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(**options)
        case Type.BOOLEAN:
            return forms.BooleanField(**options)
        case Type.CHOICE:
            choices = [("", _("Please choose")), *definition.choice_pairs]
            return forms.ChoiceField(choices=choices, **options)
        case Type.CHOICES:
            return forms.MultipleChoiceField(
                choices=definition.choice_pairs, widget=forms.CheckboxSelectMultiple, **options
            )
    return LineField(max_length=500, **options)


def form_fields(definitions: Iterable[AttributeDefinition]) -> dict[str, forms.Field]:
    """The fields of a form, named ``attribute_<key>``."""
    return {PREFIX + definition.key: form_field(definition) for definition in definitions}


def from_form(
    definitions: Iterable[AttributeDefinition], cleaned_data: Mapping[str, Any]
) -> dict[str, Any]:
    """What a form with :func:`form_fields` says, ready for ``Member.attributes``."""
    return {
        definition.key: stored_value(cleaned_data.get(PREFIX + definition.key))
        for definition in definitions
    }


def stored_value(value: Any) -> Any:
    """A cleaned form value as JSON keeps it, so that numbers and dates compare; None for nothing.

    Numbers stay JSON numbers, dates become ISO 8601, several choices a list.
    """
    if value in (None, "", []):
        return None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def parse_text(definition: AttributeDefinition, text: str) -> Any:
    """What a cell of a file or a query means for the attribute, ready to store.

    Several choices are separated by commas or semicolons. Raises ``ValidationError``.
    """
    return text_parser(definition)(text)


def text_parser(definition: AttributeDefinition) -> Callable[[str], Any]:
    """:func:`parse_text` for many texts of one attribute: what it needs is prepared once."""
    field = form_field(definition, required=False)

    def parse(text: str) -> Any:
        if definition.type == Type.CHOICES:
            parts = text.replace(";", ",").replace("、", ",").split(",")
            return stored_value(field.clean([part.strip() for part in parts if part.strip()]))
        if definition.type == Type.BOOLEAN:
            return stored_value(parse_boolean(text))
        return stored_value(field.clean(text.strip()))

    return parse


def parse_boolean(text: str) -> bool | None:
    """What a word means; None for no word. Raises ``ValidationError`` for one that is neither."""
    word = unicodedata.normalize("NFKC", text).strip().lower()
    if word in YES or word in NO:
        return word in YES
    if word:
        raise ValidationError(_("Neither yes nor no"))
    return None


def display_value(definition: AttributeDefinition, value: Any) -> str:
    """A stored value as people read it, in the active language; "" for nothing."""
    return displayer(definition)(value)


def displayer(definition: AttributeDefinition) -> Callable[[Any], str]:
    """:func:`display_value` for many values of one attribute: what it needs is prepared once."""
    type = definition.type
    labels = dict(definition.choice_pairs) if definition.choices else {}

    def display(value: Any) -> str:
        if value in (None, "", []):
            return ""
        match type:
            case Type.BOOLEAN:
                return gettext("Yes") if value else gettext("No")
            case Type.DATE:
                day = parse_date(str(value))
                return date_format(day, "DATE_FORMAT") if day else str(value)
            case Type.NUMBER:
                return number_format(value, force_grouping=True)
            case Type.CHOICE:
                return labels.get(value, str(value))
            case Type.CHOICES:
                return ", ".join(labels.get(item, str(item)) for item in value)
        return str(value)

    return display
