"""Columns that fill attributes: found among the site's definitions, or defined on the way."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from wagtail_crm.members.attributes import text_parser
from wagtail_crm.members.models import AttributeDefinition

from .binding import remembering
from .mapping import ImportMapping
from .refusals import ImportProblem, Refused, did_you_mean

PREFIX = "attributes."
Type = AttributeDefinition.Type
CONVERSIONS: dict[str, str] = {
    Type.NUMBER: "number",
    Type.DATE: "date",
    Type.BOOLEAN: "boolean",
}
DEFINED_BY = ("label", "type", "choices", "help_text", "place")


class AttributeColumns:
    """The attributes a mapping fills.

    With ``create``, those that do not exist are defined as the mapping's ``attributes`` says,
    else as short text. Raises ``ImportProblem`` for one that does not exist otherwise.
    """

    def __init__(self, mapping: ImportMapping, *, create: bool) -> None:
        keys = [field.removeprefix(PREFIX) for field in mapping.fields if field.startswith(PREFIX)]
        known = {each.key: each for each in AttributeDefinition.objects.all()}
        missing = [key for key in keys if key not in known]
        if missing and not create:
            raise ImportProblem(
                _(
                    "There is no attribute '%(name)s'. "
                    "Make it in the admin, or let --create-attributes make it."
                )
                % {"name": missing[0]}
                + did_you_mean(missing[0], list(known))
            )
        self.new = [_define(key, mapping) for key in missing]
        definitions = known | {each.key: each for each in self.new}
        self.conversions = {
            PREFIX + key: CONVERSIONS.get(definitions[key].type, "text") for key in keys
        }
        self._parsers = {PREFIX + key: _parser(definitions[key]) for key in keys}

    def save_new(self) -> None:
        AttributeDefinition.objects.bulk_create(self.new)

    def read(self, values: Mapping[str, str]) -> dict[str, Any]:
        """The attributes among the values of a line, as they are stored."""
        return {
            field.removeprefix(PREFIX): self._parsed(field, text)
            for field, text in values.items()
            if field in self._parsers
        }

    def _parsed(self, field: str, text: str) -> Any:
        try:
            return self._parsers[field](text)
        except ValidationError as error:
            reason = _("Not a value that the attribute '%(name)s' can have")
            name = field.removeprefix(PREFIX)
            raise Refused(reason % {"name": name}, field=field, value=text) from error


def _parser(definition: AttributeDefinition) -> Callable[[str], Any]:
    if definition.type == Type.DATE:
        return str  # the conversion has made it what is stored
    return remembering(text_parser(definition))


def _define(key: str, mapping: ImportMapping) -> AttributeDefinition:
    told = {"label": key, **mapping.attributes.get(key, {})}
    options = {name: told.pop(name) for name in DEFINED_BY if name in told}
    if isinstance(options.get("choices"), list):
        options["choices"] = "\n".join(options["choices"])
    for language, texts in told.items():
        if isinstance(texts.get("choices"), list):
            told[language] = {**texts, "choices": "\n".join(texts["choices"])}
    definition = AttributeDefinition(key=key, translations=told, **options)
    try:
        definition.full_clean()
    except ValidationError as error:
        raise ImportProblem(
            _("The attribute '%(name)s' cannot be made: %(reason)s")
            % {"name": key, "reason": "; ".join(error.messages)}
        ) from error
    return definition
