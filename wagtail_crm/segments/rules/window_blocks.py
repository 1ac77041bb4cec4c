"""When something was, as editors fill it in."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from .attribute_values import LONGEST
from .blocks import RuleBlock
from .windows import ALWAYS, Window, last_days

Shown = dict[str, dict[str, list[str]]]

EVER, LAST, BEFORE, AGO, DATES = "ever", "last", "before", "ago", "dates"
WINDOWS = [
    (EVER, _("at any time")),
    (LAST, _("in the last … days")),
    (BEFORE, _("at least … days ago")),
    (AGO, _("between … and … days ago")),
    (DATES, _("between two dates")),
]

# Which fields matter, by what is chosen in the first.
SHOWN_BY_WINDOW: Shown = {
    "days": {"window": [LAST, BEFORE, AGO]},
    "days_to": {"window": [AGO]},
    "first_day": {"window": [DATES]},
    "last_day": {"window": [DATES]},
}


class TimedRuleBlock(RuleBlock):
    """A rule that asks when something was."""

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

    when: ClassVar = ["window", "days", "days_to", "first_day", "last_day"]

    # What was stored before there were windows means the last days, or ever.
    def to_python(self, value: Any) -> Any:
        return super().to_python(_complete(value))

    def bulk_to_python(self, values: Any) -> Any:
        return super().bulk_to_python([_complete(value) for value in values])


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
