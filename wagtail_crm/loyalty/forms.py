"""The forms of points in the admin: earning rules, and changes by hand."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from wagtail_crm.tracking.events import new_event_id
from wagtail_crm.tracking.kinds import EventKind, event_kinds

from .kinds import OWN_KINDS

MOST_BY_HAND = 1_000_000


def earning_kinds() -> list[tuple[str, Any]]:
    """What can earn points, in the groups of the timeline."""
    groups: dict[str, list[tuple[str, Any]]] = {}
    for slug, kind in event_kinds.items():
        if kind.countable and slug not in OWN_KINDS:
            groups.setdefault(str(kind.group), []).append((slug, kind.label))
    return [(name, kinds) if name else kinds[0] for name, kinds in groups.items()]


def has_amount(kind: EventKind) -> bool:
    """Whether it has one that the site knows; members can let their browsers say any number."""
    return bool(kind.unit) and not kind.from_browser


class EarningRuleForm(WagtailAdminModelForm):
    kind = forms.ChoiceField(label=_("For"), choices=earning_kinds)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Wagtail's script lets one write an amount only for what has one.
        kinds = event_kinds.items()
        with_amount = [slug for slug, kind in kinds if has_amount(kind) and slug not in OWN_KINDS]
        self.fields["per_value"].widget.attrs |= {
            "data-w-rules-target": "enable",
            "data-w-rules": json.dumps({"kind": with_amount}),
        }

    def clean(self) -> Any:
        cleaned = super().clean()
        kind = event_kinds.get(cleaned.get("kind", ""))
        if kind and cleaned.get("per_value") and not has_amount(kind):
            message = gettext("“%(kind)s” has no amount: leave this empty.")
            if kind.unit:
                message = gettext(
                    "The amount of “%(kind)s” is what the member's browser says, and can be made "
                    "up: leave this empty."
                )
            self.add_error("per_value", ValidationError(message % {"kind": kind.label}))
        if kind and kind.from_browser and cleaned.get("frequency") == self.instance.Frequency.EACH:
            message = gettext(
                "“%(kind)s” is what the member's browser says, and can be made up: give the "
                "points once, or once a day."
            )
            self.add_error("frequency", ValidationError(message % {"kind": kind.label}))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        # What members did while the rule was switched off must not be rewarded afterwards.
        switched_on = "is_active" in self.changed_data and self.cleaned_data["is_active"]
        if switched_on and self.instance.pk:
            self.instance.starts_at = max(self.instance.starts_at, timezone.now())
        return super().save(commit)

    class Media:
        css = {"all": ["wagtail_crm/loyalty/admin.css"]}


class AdjustPointsForm(forms.Form):
    """Points to give or to take. ``key`` makes two presses of the button one change."""

    points = forms.IntegerField(
        label=_("Points"),
        min_value=-MOST_BY_HAND,
        max_value=MOST_BY_HAND,
        help_text=_("With a minus sign to take points away."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("The member reads it in their history.")
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=new_event_id)

    def clean_points(self) -> int:
        if not self.cleaned_data["points"]:
            raise ValidationError(_("Write how many points."))
        return self.cleaned_data["points"]
