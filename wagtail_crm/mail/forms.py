"""What editors choose in the steps of a campaign."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateTimeInput

from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Segment

from .models import Campaign, Link
from .querysets import DeliveryQuerySet
from .recipients import Target, available_segments


class AudienceForm(forms.Form):
    """Everybody or some segments, and segments to leave out."""

    everybody = forms.TypedChoiceField(
        label=_("Who gets it"),
        choices=[(False, _("Members of the segments I choose")), (True, _("Everybody"))],
        coerce=lambda value: value == "True",
        widget=forms.RadioSelect,
    )
    included = forms.ModelMultipleChoiceField(Segment.objects.none(), required=False)
    excluded = forms.ModelMultipleChoiceField(Segment.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.segments = list(available_segments())
        for name in ("included", "excluded"):
            self.fields[name].queryset = available_segments()  # type: ignore[attr-defined]

    @classmethod
    def for_campaign(cls, campaign: Campaign) -> "AudienceForm":
        target = Target.of(campaign)
        return cls(
            initial={
                "everybody": target.everybody,
                "included": sorted(target.included),
                "excluded": sorted(target.excluded),
            }
        )

    @property
    def rows(self) -> list[tuple[Segment, bool, bool]]:
        """Each segment, whether it is chosen, whether it is left out."""
        included, excluded = (
            {str(key) for key in self[name].value() or []} for name in ("included", "excluded")
        )
        return [(s, str(s.pk) in included, str(s.pk) in excluded) for s in self.segments]

    def target(self) -> Target:
        return Target(
            everybody=self.cleaned_data["everybody"],
            included=frozenset(segment.pk for segment in self.cleaned_data["included"]),
            excluded=frozenset(segment.pk for segment in self.cleaned_data["excluded"]),
        )


class TimeForm(forms.Form):
    """Now, or at a time to come."""

    when = forms.ChoiceField(
        label=_("When"),
        choices=[("now", _("As soon as I press Send")), ("later", _("At this time:"))],
        widget=forms.RadioSelect,
    )
    at = forms.DateTimeField(label=_("Date and time"), required=False, widget=AdminDateTimeInput)

    @classmethod
    def for_campaign(cls, campaign: Campaign) -> "TimeForm":
        at = campaign.scheduled_at
        return cls(initial={"when": "later" if at else "now", "at": at})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        at = cleaned.get("at")
        if cleaned.get("when") != "later":
            cleaned["at"] = None
        elif at is None and "at" not in self.errors:
            self.add_error("at", _("Choose a date and a time."))
        elif at is not None and at <= timezone.now():
            self.add_error("at", _("This time has passed. Choose one to come."))
        return cleaned

    def chosen(self) -> datetime.datetime | None:
        return self.cleaned_data["at"]


class SendForm(forms.Form):
    """The last question. Above a number of recipients the editor types that number.

    The list moves while somebody reads it, so the number that was shown is compared with what
    is typed, and the two may differ from the present number a little.
    """

    tolerance = 0.05

    shown = forms.IntegerField(widget=forms.HiddenInput)
    typed = forms.CharField(
        required=False,
        label=_("Type the number of recipients"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, recipients: int, confirm_above: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"initial": {"shown": recipients}})
        self.recipients = recipients
        self.must_type = recipients > confirm_above
        if not self.must_type:
            del self.fields["typed"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        shown = cleaned.get("shown")
        if shown is None:
            return cleaned
        if self.recipients > shown * (1 + self.tolerance) + 1:
            raise forms.ValidationError(
                gettext("In the meantime it has become %(number)s members. Please confirm again.")
                % {"number": number_format(self.recipients, force_grouping=True)}
            )
        if self.must_type and digits(cleaned.get("typed", "")) != str(shown):
            self.add_error(
                "typed",
                gettext("Please type %(number)s, the number of members who will get it.")
                % {"number": number_format(shown, force_grouping=True)},
            )
        return cleaned


def digits(text: str) -> str:
    """``３,773`` as ``3773``: digits of any width, whatever separates them."""
    return "".join(str(int(character)) for character in text if character.isdecimal())


class MemberForm(forms.Form):
    """As whom to look at the mail."""

    member = forms.ModelChoiceField(Member.objects.present(), required=False)


class WhoForm(forms.Form):
    """Which of a campaign's mails to list."""

    what = forms.ChoiceField(
        required=False,
        label=_("Show"),
        choices=[
            ("", _("Everybody")),
            ("sent", _("Got it")),
            ("opened", _("Opened it")),
            ("not_opened", _("Did not open it")),
            ("clicked", _("Clicked")),
            ("unsubscribed", _("Unsubscribed")),
            ("failed", _("Could not be delivered")),
            ("skipped", _("Left out")),
            ("waiting", _("Waiting")),
        ],
    )
    link = forms.ModelChoiceField(Link.objects.none(), required=False, label=_("Link"))

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.fields["link"].queryset = campaign.links.all()  # type: ignore[attr-defined]
        self.fields["link"].empty_label = _("All links")  # type: ignore[attr-defined]

    def deliveries(self) -> DeliveryQuerySet:
        """The deliveries that were asked for; all of them when the question makes no sense."""
        rows: DeliveryQuerySet = self.campaign.deliveries.all()
        if not self.is_valid():
            return rows
        if link := self.cleaned_data["link"]:
            rows = rows.filter(clicks__link=link, clicks__machine=False)
        return self._filtered(rows, self.cleaned_data["what"])

    @staticmethod
    def _filtered(rows: DeliveryQuerySet, what: str) -> DeliveryQuerySet:
        if what in ("sent", "failed", "skipped"):
            return rows.filter(status=what)
        return getattr(rows, what)() if what else rows
