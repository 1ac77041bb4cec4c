"""What rules about behaviour have in common, as editors fill them in: how often, when, where."""

import json
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.coreutils import get_content_languages
from wagtail.models import get_page_models

from .attribute_values import LONGEST
from .base import Broken, Rule
from .behaviour import Did
from .languages import language_name
from .page_tags import names_of_page_tags
from .place_blocks import PlacedRuleBlock
from .places import NamedPage, Place
from .windows import ALWAYS, Window, last_days

NEVER = "never"
COUNTED = ["at_least", "at_most", "exactly"]
HOW_OFTEN = [
    ("at_least", _("at least")),
    ("at_most", _("at most")),
    ("exactly", _("exactly")),
    (NEVER, _("not at all")),
    ("first", _("for the first time")),
    ("last", _("for the last time")),
]

EVER, LAST, BEFORE, AGO, DATES = "ever", "last", "before", "ago", "dates"
WINDOWS = [
    (EVER, _("at any time")),
    (LAST, _("in the last … days")),
    (BEFORE, _("at least … days ago")),
    (AGO, _("between … and … days ago")),
    (DATES, _("between two dates")),
]

# Which fields matter, by what is chosen in others; the script hides the rest.
SHOWN: dict[str, dict[str, list[str]]] = {
    "measure": {"comparison": COUNTED},
    "days": {"window": [LAST, BEFORE, AGO]},
    "days_to": {"window": [AGO]},
    "first_day": {"window": [DATES]},
    "last_day": {"window": [DATES]},
}


def shown_when(**more: dict[str, list[str]]) -> str:
    """For ``data-crm-rule-fields-shown-value``."""
    return json.dumps(SHOWN | more)


def page_type_choices() -> list[tuple[str, Any]]:
    models = [model for model in get_page_models() if model.is_creatable]
    return sorted(
        ((model._meta.label_lower, str(model._meta.verbose_name)) for model in models),
        key=lambda choice: choice[1],
    )


def page_tag_choices() -> list[tuple[str, str]]:
    return [(name, name) for name in names_of_page_tags()]


def page_language_choices() -> list[tuple[str, str]]:
    return [(code, language_name(code, name)) for code, name in get_content_languages().items()]


class DeedRuleBlock(PlacedRuleBlock):
    """A rule about what was done, when, and where."""

    window = blocks.ChoiceBlock(
        choices=WINDOWS, default=EVER, label=pgettext_lazy("behaviour", "When")
    )
    days = blocks.IntegerBlock(
        min_value=1, max_value=LONGEST, required=False, default=30, label=_("Days")
    )
    days_to = blocks.IntegerBlock(
        min_value=1, max_value=LONGEST, required=False, default=60, label=_("and … days ago")
    )
    first_day = blocks.DateBlock(required=False, label=pgettext_lazy("rule", "From"))
    last_day = blocks.DateBlock(required=False, label=_("Until"))
    page_type = blocks.ChoiceBlock(
        choices=page_type_choices, required=False, label=_("Only pages of the type")
    )
    page_tag = blocks.ChoiceBlock(
        choices=page_tag_choices, required=False, label=_("Only pages with the tag")
    )
    page_language = blocks.ChoiceBlock(
        choices=page_language_choices, required=False, label=_("Only pages in")
    )

    where: ClassVar = ["page_type", "page_tag", "page_language"]
    when: ClassVar = ["window", "days", "days_to", "first_day", "last_day"]

    # What was stored before there were windows means the last days, or ever.
    def to_python(self, value: Any) -> Any:
        return super().to_python(_complete(value))

    def bulk_to_python(self, values: Any) -> Any:
        return super().bulk_to_python([_complete(value) for value in values])

    def placed_rule(self, value: Any, pages: tuple[NamedPage, ...]) -> Rule:
        try:
            return self.deed(value, window_of(value), _place_of(value, pages))
        except LookupError as error:
            return Broken(str(error.args[0]))
        except ValidationError as error:
            return Broken(" ".join(error.messages))

    def deed(self, value: Any, window: Window, place: Place) -> Did:
        raise NotImplementedError

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if not self.is_deferred_validation:  # a draft may be half a thought
            try:
                _check_when(cleaned)
                self.check_amount(cleaned)
            except ValidationError as error:
                raise by_field(error) from error
        return cleaned

    def check_amount(self, value: Any) -> None:
        """Raise ``ValidationError``, by name of the field, for an amount that makes no sense."""

    class Meta:
        form_attrs = PlacedRuleBlock._meta_class.form_attrs | {
            "data-controller": "crm-adding crm-rule-fields",
            "data-crm-rule-fields-shown-value": shown_when(),
        }


def _check_when(value: Any) -> None:
    window = window_of(value)
    if value["comparison"] in ("first", "last") and window == ALWAYS:
        raise ValidationError({"window": gettext("Choose when it was.")})


def check_amount(name: str, value: Any) -> None:
    """Of the field ``name``, together with comparison and measure."""
    amount, comparison, measure = value[name], value["comparison"], value["measure"]
    if comparison not in COUNTED:
        return
    if amount is None:
        raise ValidationError({name: gettext("Write a number.")})
    if measure in ("times", "days") and amount != int(amount):
        raise ValidationError({name: gettext("Write a whole number.")})
    if comparison == "at_least" and amount == 0:
        text = gettext("“At least 0” is true of everybody: type more, or choose “not at all”.")
        raise ValidationError({name: text})
    if comparison == "exactly" and measure not in ("times", "days"):
        raise ValidationError({"comparison": gettext("Choose “at least” or “at most”.")})


def amount_of(name: str, value: Any) -> dict[str, Any]:
    """What :class:`Did` wants to know about how often or for how much."""
    comparison = value["comparison"]
    if comparison == NEVER:
        return {"comparison": "at_most", "amount": 0}
    if comparison in ("first", "last"):
        return {"comparison": comparison}
    return {"comparison": comparison, "amount": value[name] or 0, "measure": value["measure"]}


def _complete(value: Any) -> Any:
    return {"window": LAST if value.get("days") else EVER, **value}


def window_of(value: Any) -> Window:
    """Raises ``ValidationError``, by name of the field, for one that is none."""
    days, days_to = value["days"], value["days_to"]
    match value["window"]:
        case "last" if days:
            return last_days(days)
        case "before" if days:
            return Window(newest=days)
        case "ago" if days and days_to:
            if days_to < days:
                raise ValidationError({"days_to": gettext("Write the larger number here.")})
            return Window(oldest=days_to, newest=days)
        case "dates":
            return _between(value["first_day"], value["last_day"])
        case "ever":
            return ALWAYS
    missing = "days_to" if days else "days"
    raise ValidationError({missing: gettext("Write a number of days.")})


def _between(first: Any, last: Any) -> Window:
    if first is None and last is None:
        raise ValidationError({"first_day": gettext("Choose a date.")})
    if first is not None and last is not None and last < first:
        raise ValidationError({"last_day": gettext("The end lies before the beginning.")})
    return Window(first=first, last=last)


def _place_of(value: Any, pages: tuple[NamedPage, ...]) -> Place:
    """Raises ``LookupError``, with words for the editor, when it does not exist any more."""
    return Place(
        pages=pages,
        below=bool(pages) and value["below"],
        type=_page_type(value["page_type"] or ""),
        tag=value["page_tag"] or "",
        language=value["page_language"] or "",
    )


def _page_type(label: str) -> NamedPage | None:
    if not label:
        return None
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        raise LookupError(
            gettext("This site no longer has pages of the type that is asked for.")
        ) from None
    content_type = ContentType.objects.get_for_model(model)
    return NamedPage(content_type.pk, str(model._meta.verbose_name))


def by_field(error: ValidationError) -> blocks.StructBlockValidationError:
    return blocks.StructBlockValidationError(
        {name: ValidationError(messages) for name, messages in error.message_dict.items()}
    )
