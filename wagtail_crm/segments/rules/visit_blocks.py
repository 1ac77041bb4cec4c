"""Rules about the visit, as editors fill them in."""

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.tracking.devices import DEVICES

from .base import Broken, Rule
from .blocks import THIS_VISIT, RuleBlock
from .languages import language_choices
from .place_blocks import PlacedRuleBlock
from .places import NamedPage
from .visit import (
    AtTime,
    CameFrom,
    FromCountry,
    HasParameter,
    IsReturning,
    OnDevice,
    OnPage,
    ReadsIn,
)

COMPARISONS = [
    ("is", pgettext_lazy("comparison", "is")),
    ("contains", pgettext_lazy("comparison", "contains")),
    ("set", pgettext_lazy("comparison", "is there, with any value")),
]
ROW = "struct-block crm-rule crm-rule--row"
# Which value does not matter when any will do.
VALUED = {
    "data-controller": "crm-rule-fields",
    "data-crm-rule-fields-shown-value": json.dumps({"value": {"comparison": ["is", "contains"]}}),
}


class VisitRuleBlock(RuleBlock):
    """A rule that is answered while a page is made."""

    class Meta:
        group = THIS_VISIT
        form_classname = ROW


def _listed(text: str) -> tuple[str, ...]:
    parts = re.split(r"[,、，;\n]", text or "")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _lacks_value(value: Any) -> bool:
    return value["comparison"] != "set" and not (value["value"] or "").strip()


def _check_value(value: Any) -> None:
    if _lacks_value(value):
        raise ValidationError({"value": gettext("This is needed.")})


class DeviceRuleBlock(VisitRuleBlock):
    slug = "visit_device"

    devices = blocks.MultipleChoiceBlock(
        choices=[(slug, DEVICES[slug]) for slug in ("phone", "tablet", "computer")],
        widget=forms.CheckboxSelectMultiple,
        label=_("Device"),
    )

    def rule(self, value: Any) -> Rule:
        if not value["devices"]:
            return Broken(gettext("No device is chosen."))
        return OnDevice("device", tuple(sorted(value["devices"])))

    class Meta:
        icon = "mobile-alt"
        label = _("Device")


class BrowserRuleBlock(VisitRuleBlock):
    slug = "visit_browser"

    part = blocks.ChoiceBlock(
        choices=[("browser", _("Browser")), ("os", _("Operating system"))],
        default="browser",
        label=pgettext_lazy("visit", "What"),
    )
    names = blocks.CharBlock(
        max_length=200,
        label=_("Is one of"),
        help_text=_("For example: Chrome, Safari – or: iOS, Android. Separate with commas."),
    )

    def rule(self, value: Any) -> Rule:
        names = _listed(value["names"])
        return OnDevice(value["part"], names) if names else Broken(gettext("No name is given."))

    class Meta:
        icon = "desktop"
        label = _("Browser or system")


class CameFromRuleBlock(VisitRuleBlock):
    slug = "visit_source"

    name = blocks.ChoiceBlock(
        choices=[
            ("referrer", _("Site that led here")),
            ("utm_source", "utm_source"),
            ("utm_medium", "utm_medium"),
            ("utm_campaign", "utm_campaign"),
            ("utm_content", "utm_content"),
            ("utm_term", "utm_term"),
        ],
        default="referrer",
        label=_("Where from"),
    )
    comparison = blocks.ChoiceBlock(choices=COMPARISONS, default="is", label=_("Comparison"))
    value = blocks.CharBlock(
        required=False,
        max_length=100,
        label=_("Value"),
        help_text=_("For example: instagram.com, newsletter"),
    )

    def rule(self, value: Any) -> Rule:
        if _lacks_value(value):
            return Broken(gettext("No value is given."))
        return CameFrom(value["name"], value["comparison"], (value["value"] or "").strip())

    def check_fields(self, value: Any) -> None:
        _check_value(value)

    class Meta:
        icon = "link-external"
        label = _("Where they came from")
        form_attrs = VALUED


class ParameterRuleBlock(VisitRuleBlock):
    slug = "visit_parameter"

    name = blocks.CharBlock(max_length=60, label=_("Parameter"))
    comparison = blocks.ChoiceBlock(choices=COMPARISONS, default="is", label=_("Comparison"))
    value = blocks.CharBlock(required=False, max_length=200, label=_("Value"))

    def rule(self, value: Any) -> Rule:
        name = (value["name"] or "").strip()
        if not name:
            return Broken(gettext("The parameter is not named."))
        if _lacks_value(value):
            return Broken(gettext("No value is given."))
        return HasParameter(name, value["comparison"], value["value"] or "")

    def check_fields(self, value: Any) -> None:
        _check_value(value)

    class Meta:
        icon = "link"
        label = _("Parameter in the address")
        form_attrs = VALUED


class TimeRuleBlock(VisitRuleBlock):
    slug = "visit_time"

    weekdays = blocks.MultipleChoiceBlock(
        choices=[(str(day), name) for day, name in WEEKDAYS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("On these days"),
        help_text=_("None chosen: every day."),
    )
    start = blocks.TimeBlock(required=False, label=pgettext_lazy("time of day", "From"))
    end = blocks.TimeBlock(
        required=False,
        label=pgettext_lazy("time of day", "Until"),
        help_text=_("Earlier than the beginning: on the next day."),
    )

    def rule(self, value: Any) -> Rule:
        weekdays = frozenset(int(day) for day in value["weekdays"] or ())
        if not (weekdays or value["start"] or value["end"]):
            return Broken(gettext("Neither a day nor a time is chosen."))
        return AtTime(value["start"], value["end"], weekdays)

    def check_fields(self, value: Any) -> None:
        if not (value["weekdays"] or value["start"] or value["end"]):
            raise ValidationError({"weekdays": gettext("Choose a day or a time.")})

    class Meta:
        icon = "time"
        label = _("Day and time")


class ReturningRuleBlock(VisitRuleBlock):
    slug = "visit_returning"

    returning = blocks.ChoiceBlock(
        choices=[("new", _("are here for the first time")), ("back", _("have been here before"))],
        default="new",
        label=_("Visitors who"),
    )

    def rule(self, value: Any) -> Rule:
        return IsReturning(negated=value["returning"] == "new")

    class Meta:
        icon = "redirect"
        label = _("New or returning")


class CurrentPageRuleBlock(PlacedRuleBlock):
    slug = "visit_page"

    pages = blocks.ListBlock(
        blocks.PageChooserBlock(required=False, label=_("Page")),
        default=[None],
        min_num=0,
        label=_("One of these pages"),
    )

    def placed_rule(self, value: Any, pages: tuple[NamedPage, ...]) -> Rule:
        if not pages:
            return Broken(gettext("No page is chosen."))
        paths = tuple(page.path for page in value["pages"])
        return OnPage(pages, paths, value["below"])

    def check_fields(self, value: Any) -> None:
        if not any(value["pages"]):  # choosers may be left empty
            raise ValidationError(gettext("Choose a page."))

    class Meta:
        icon = "doc-empty"
        label = _("Page they are looking at")
        group = THIS_VISIT


class CountryRuleBlock(VisitRuleBlock):
    slug = "visit_country"

    comparison = blocks.ChoiceBlock(
        choices=[("from", _("visit from")), ("not_from", _("do not visit from"))],
        default="from",
        label=_("Visitors who"),
    )
    countries = blocks.CharBlock(
        max_length=200,
        label=_("Countries"),
        help_text=_("Codes of two letters, separated with commas, for example: JP, US"),
    )

    def rule(self, value: Any) -> Rule:
        countries = frozenset(code.upper() for code in _listed(value["countries"]))
        if not countries:
            return Broken(gettext("No country is given."))
        return FromCountry(countries, negated=value["comparison"] == "not_from")

    def check_fields(self, value: Any) -> None:
        codes = [code.upper() for code in _listed(value["countries"])]
        wrong = [code for code in codes if not re.fullmatch("[A-Z]{2}", code)]
        if wrong:
            text = gettext("“%(code)s” is no code of two letters.") % {"code": wrong[0]}
            raise ValidationError({"countries": text})
        value["countries"] = ", ".join(codes)

    class Meta:
        icon = "globe"
        label = _("Country")


class VisitLanguageRuleBlock(VisitRuleBlock):
    slug = "visit_language"

    language = blocks.ChoiceBlock(choices=language_choices, label=_("Language of the site"))

    def rule(self, value: Any) -> Rule:
        if not value["language"]:
            return Broken(gettext("No language is chosen."))
        name = dict(language_choices()).get(value["language"], value["language"])
        return ReadsIn(value["language"], str(name))

    class Meta:
        icon = "globe"
        label = _("Language they read in")


VISIT_BLOCKS = [
    DeviceRuleBlock,
    BrowserRuleBlock,
    CameFromRuleBlock,
    ParameterRuleBlock,
    TimeRuleBlock,
    ReturningRuleBlock,
    CurrentPageRuleBlock,
    CountryRuleBlock,
    VisitLanguageRuleBlock,
]
