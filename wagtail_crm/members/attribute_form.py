"""The form in which staff define an attribute, in every language of the site."""

import json
import re
from typing import Any

from anyascii import anyascii
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, Panel

from .models import AttributeDefinition

TRANSLATED = ("label", "help_text", "choices")
LIST_TYPES = (AttributeDefinition.Type.CHOICE, AttributeDefinition.Type.CHOICES)
# Wagtail's script shows choices while the type is one with choices.
WATCHED = {"data-controller": "w-rules", "data-action": "change->w-rules#resolve"}
ONLY_FOR_LISTS = {
    "data-w-rules-target": "show",
    "data-w-rules": json.dumps({"type": [str(each) for each in LIST_TYPES]}),
}


def base_language() -> str:
    """The language of the plain columns: that of the site."""
    return settings.LANGUAGE_CODE.split("-")[0]


def other_languages() -> list[str]:
    """The languages beside it, whose texts are kept in ``translations``."""
    codes = [code.split("-")[0] for code, _name in settings.LANGUAGES]
    return [code for code in dict.fromkeys(codes) if code != base_language()]


def key_for(label: str) -> str:
    """A new key that reads like the label: ``都道府県`` gives something of Latin letters."""
    words = re.findall(r"[a-z0-9]+", anyascii(label).lower())
    plain = "_".join(words)[:40].strip("_")
    stem = plain if plain[:1].isalpha() else f"field_{plain}".strip("_")
    taken = set(
        AttributeDefinition.objects.filter(key__startswith=stem).values_list("key", flat=True)
    )
    numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(key for key in numbered if key not in taken)


class AttributeForm(WagtailAdminModelForm):
    """Fields ``label``, ``help_text`` and ``choices`` again for each other language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code in other_languages():
            texts = self.instance.translations.get(code, {})
            for name in TRANSLATED:
                self.initial[f"{name}_{code}"] = texts.get(name, "")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean()
        if said.get("type") in LIST_TYPES:
            self._check_choices(said)
        return said

    def _check_choices(self, said: dict[str, Any]) -> None:
        wanted = _lines(said.get("choices"))
        if not wanted:
            self.add_error("choices", ValidationError(_("Please type at least one choice.")))
        if len(set(wanted)) < len(wanted):
            self.add_error("choices", ValidationError(_("Two choices are the same.")))
        for code in other_languages():
            translated = _lines(said.get(f"choices_{code}"))
            if translated and len(translated) != len(wanted):
                message = _("Please translate every choice, in the same order: %(count)d lines.")
                error = ValidationError(message, params={"count": len(wanted)})
                self.add_error(f"choices_{code}", error)

    def save(self, commit: bool = True) -> AttributeDefinition:
        definition: AttributeDefinition = self.instance
        translations = dict(definition.translations)
        for code in other_languages():
            texts = {name: self.cleaned_data[f"{name}_{code}"].strip() for name in TRANSLATED}
            translations[code] = {name: text for name, text in texts.items() if text}
        definition.translations = {code: texts for code, texts in translations.items() if texts}
        if definition.pk is None:
            definition.key = key_for(definition.label)
            last = AttributeDefinition.objects.aggregate(last=Max("sort_order"))["last"]
            definition.sort_order = 0 if last is None else last + 1
        saved: AttributeDefinition = super().save(commit)
        return saved

    class Media:
        css = {"all": ["wagtail_crm/members/admin.css"]}


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def attribute_panel() -> Panel:
    """The edit form with a group of texts for each language of the site."""
    texts: dict[str, forms.Field] = {}
    groups: list[Panel] = []
    for code in other_languages():
        texts[f"label_{code}"] = forms.CharField(label=_("Label"), max_length=100, required=False)
        texts[f"help_text_{code}"] = forms.CharField(
            label=_("Help text"), max_length=200, required=False
        )
        texts[f"choices_{code}"] = forms.CharField(
            label=_("Choices"),
            required=False,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text=_("In the same order as above, one per line."),
        )
        groups.append(_texts_panel(f"_{code}", _language_name(code)))
    form = type("SiteAttributeForm", (AttributeForm,), texts)
    panels = [
        MultiFieldPanel(
            [FieldPanel("type"), FieldPanel("place"), FieldPanel("required")],
            heading=_("What is asked, and where"),
        ),
        _texts_panel("", _language_name(base_language())),
        *groups,
    ]
    whole = ObjectList(panels, base_form_class=form, attrs=WATCHED)
    return whole.bind_to_model(AttributeDefinition)


def _texts_panel(suffix: str, heading: str) -> Panel:
    """The texts in one language."""
    fields = [
        FieldPanel(f"label{suffix}"),
        FieldPanel(f"help_text{suffix}"),
        FieldPanel(f"choices{suffix}", attrs=ONLY_FOR_LISTS),
    ]
    return MultiFieldPanel(fields, heading=heading)


def _language_name(code: str) -> str:
    name: str = get_language_info(code)["name_local"]
    return name
