"""What rules about behaviour have in common, as editors fill them in: how often, when, where."""

import json
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.coreutils import get_content_languages
from wagtail.models import get_page_models

from .base import Broken, Rule
from .behaviour import MOMENTS, Did
from .languages import language_name
from .page_tags import names_of_page_tags
from .place_blocks import PlacedRuleBlock
from .places import NamedPage, Place
from .window_blocks import SHOWN_BY_WINDOW, Shown, TimedRuleBlock, window_of
from .windows import ALWAYS, Window

NEVER = "never"
COUNTED = ["at_least", "at_most", "exactly"]
HOW_OFTEN = [
    ("at_least", _("at least")),
    ("at_most", _("at most")),
    ("exactly", _("exactly")),
    (NEVER, _("not at all")),
    ("first", _("for the first time")),
    ("last", _("for the last time")),
    ("nth", _("for the …th time")),
]
NUMBERED = [*COUNTED, "nth"]

# Which fields matter, by what is chosen in others; the script hides the rest. Of pages, any.
SHOWN: Shown = {"below": {"pages": []}, "measure": {"comparison": COUNTED}, **SHOWN_BY_WINDOW}


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


class DeedRuleBlock(TimedRuleBlock, PlacedRuleBlock):
    """A rule about what was done, when, and where."""

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

    def placed_rule(self, value: Any, pages: tuple[NamedPage, ...]) -> Rule:
        try:
            return self.deed(value, window_of(value), _place_of(value, pages))
        except LookupError as error:
            return Broken(str(error.args[0]))
        except ValidationError as error:
            return Broken(" ".join(error.messages))

    def deed(self, value: Any, window: Window, place: Place) -> Did:
        raise NotImplementedError

    def check_fields(self, value: Any) -> None:
        _check_when(value)
        self.check_amount(value)

    def check_amount(self, value: Any) -> None:
        """Raise ``ValidationError``, by name of the field, for an amount that makes no sense."""

    class Meta:
        form_attrs = PlacedRuleBlock._meta_class.form_attrs | {
            "data-controller": "crm-adding crm-rule-fields",
            "data-crm-rule-fields-shown-value": shown_when(),
        }


def _check_when(value: Any) -> None:
    window = window_of(value)
    if value["comparison"] in MOMENTS and window == ALWAYS:
        raise ValidationError({"window": gettext("Choose when it was.")})


def check_amount(name: str, value: Any) -> None:
    """Of the field ``name``, together with comparison and measure."""
    amount, comparison, measure = value[name], value["comparison"], value["measure"]
    if comparison not in NUMBERED:
        return
    if amount is None:
        raise ValidationError({name: gettext("Write a number.")})
    if comparison == "nth" and amount < 1:
        raise ValidationError({name: gettext("Write 1 or more.")})
    if (comparison == "nth" or measure in ("times", "days")) and amount != int(amount):
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
    if comparison == "nth":
        return {"comparison": comparison, "amount": value[name] or 1}
    if comparison in MOMENTS:
        return {"comparison": comparison}
    return {"comparison": comparison, "amount": value[name] or 0, "measure": value["measure"]}


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
