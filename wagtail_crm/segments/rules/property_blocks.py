"""Conditions on the data of events, as editors fill them in."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks

from wagtail_crm.tracking.kinds import event_kinds

from .properties import NAME, SUBJECT, Property, name_of_property

# Those that events of browsers have; the others can be typed.
KNOWN = (
    SUBJECT,
    "device",
    "os",
    "browser",
    "country",
    "touch.referrer",
    "touch.utm_source",
    "touch.utm_medium",
    "touch.utm_campaign",
)


def known_names() -> list[str]:
    """Those that most events have, and what the schemas of kinds name."""
    schemas = [kind.schema for kind in event_kinds.values() if kind.countable and kind.schema]
    fields = {name for schema in schemas for name in schema.model_fields}
    return [*KNOWN, *sorted(fields - {SUBJECT, "value"} - set(KNOWN))]


class NameInput(forms.TextInput):
    """Proposes the properties that most events have."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        proposals = f"{(attrs or {}).get('id', name)}-proposals"
        field = super().render(name, value, {**(attrs or {}), "list": proposals}, renderer)
        options = format_html_join(
            "",
            '<option value="{}">{}</option>',
            ((each, name_of_property(each)) for each in known_names()),
        )
        return format_html('{}<datalist id="{}">{}</datalist>', field, proposals, options)


class PropertyNameBlock(blocks.CharBlock):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.field.widget = NameInput()


class PropertyBlock(blocks.StructBlock):
    """One property of the events that count."""

    name = PropertyNameBlock(
        max_length=100,
        validators=[
            RegexValidator(
                rf"^{NAME}\Z", _("Write the name as it is recorded, for example device.")
            )
        ],
        label=_("Detail"),
    )
    comparison = blocks.ChoiceBlock(
        choices=[
            ("is", pgettext_lazy("comparison", "is")),
            ("is_not", pgettext_lazy("comparison", "is not")),
            ("contains", pgettext_lazy("comparison", "contains")),
            ("at_least", _("is at least")),
            ("at_most", _("is at most")),
        ],
        default="is",
        label=_("Comparison"),
    )
    value = blocks.CharBlock(max_length=200, label=_("Value"))

    class Meta:
        form_classname = "struct-block crm-rule crm-rule--row"


def properties_of(value: Any) -> tuple[Property, ...]:
    """The conditions of a list of :class:`PropertyBlock`; those not yet filled in are left out."""
    return tuple(
        Property(each["name"], each["comparison"], each["value"])
        for each in value or ()
        if each["name"] and each["value"]
    )
