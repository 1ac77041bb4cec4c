"""A mail to everybody in a segment: a new campaign, or one that is ready."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from wagtail_crm.conf import crm_settings
from wagtail_crm.segments.models import Segment, SegmentRun
from wagtail_crm.segments.runs.action import ActionForm, CannotStart, HandOver, Options, Skip

from . import actions
from .checklist import checklist
from .models import Campaign
from .recipients import Target, agreed, recipients, suppressed
from .steps import step_url
from .tasks import send_soon

WRITE, SEND = "write", "send"


def may_write(user: Any) -> bool:
    return bool(
        user.has_perms(["wagtail_crm_mail.add_campaign", "wagtail_crm_mail.change_campaign"])
    )


def may_send(user: Any) -> bool:
    return bool(
        user.has_perms(["wagtail_crm_mail.change_campaign", "wagtail_crm_mail.send_campaign"])
    )


class MailForm(ActionForm):
    what = forms.ChoiceField(label=_("Which mail?"), widget=forms.RadioSelect)
    campaign = forms.ModelChoiceField(
        label=_("Campaign"),
        queryset=Campaign.objects.none(),
        required=False,
        empty_label=_("Please choose"),
        help_text=_("Drafts. Its audience becomes this segment, whatever it was before."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = []
        if may_write(self.user):
            choices.append((WRITE, _("A new one: I write it now")))
        if may_send(self.user):
            choices.append((SEND, _("One that is written already")))
        self.fields["what"].choices = choices  # type: ignore[attr-defined]
        self.fields["what"].initial = choices[0][0] if choices else None
        drafts = Campaign.objects.filter(status=Campaign.Status.DRAFT)
        self.fields["campaign"].queryset = drafts.newest_first()  # type: ignore[attr-defined]

    def shown_with(self, name: str) -> dict[str, list[str]]:
        return {"what": [SEND]} if name == "campaign" else {}

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("what") == SEND and not said.get("campaign") and not self.errors:
            self.add_error("campaign", _("Choose a campaign."))
        return said

    def options(self) -> dict[str, Any]:
        if self.cleaned_data["what"] == WRITE:
            return {"campaign": None, "name": ""}
        campaign = self.cleaned_data["campaign"]
        return {"campaign": campaign.pk, "name": campaign.name}


class SendMail(HandOver):
    """The campaign sends it, with all its checks; only who agreed to mail gets it."""

    slug = "mail"
    label = _("Send a mail")
    description = _("Write to these members. Only those who agreed to e-mail get it.")
    icon = "mail"
    order = 150
    permission = "wagtail_crm_mail.change_campaign"
    form_class = MailForm

    def permitted(self, user: Any) -> bool:
        return may_write(user) or may_send(user)

    def in_words(self, options: Options) -> str:
        if options["campaign"] is None:
            return gettext("Write a new mail to this segment")
        return gettext("Send the mail “%(campaign)s”") % {"campaign": options["name"]}

    def button(self, options: Options, number: int) -> str:
        if options["campaign"] is None:
            return gettext("Write the mail")
        if number > crm_settings.confirm_above:
            return gettext("Go on to the last question before sending")
        return ngettext("Send to %(n)s member", "Send to %(n)s members", number)

    def notes(self, segment: Segment, options: Options) -> list[str]:
        if options["campaign"] is None:
            return [gettext("Nothing is sent yet: the mail is written first.")]
        return []

    def obstacles(self, segment: Segment, options: Options) -> list[str]:
        if options["campaign"] is None:
            return []
        campaign = Campaign.objects.get(pk=options["campaign"])
        return [
            finding.text
            for finding in checklist(campaign)
            if finding.level == "red" and finding.step != "audience"
        ]

    def skips(self, options: Options) -> Sequence[Skip]:
        return [
            Skip("no_consent", _("without consent to e-mail"), ~agreed()),
            Skip("suppressed", _("with a blocked address"), suppressed()),
            Skip("no_address", _("without an address"), Q(email_key=None)),
        ]

    def hand_over(self, run: SegmentRun, by: Any) -> str:
        if run.options["campaign"] is None:
            name = gettext("Mail to “%(segment)s”") % {"segment": run.segment.name}
            campaign = actions.create_campaign(name=name[:120], by=by)
            self._address(campaign, run.segment, by)
            return step_url(campaign, "edit")
        campaign = Campaign.objects.get(pk=run.options["campaign"])
        try:
            campaign = self._address(campaign, run.segment, by)
            return self._send(campaign, by)
        except actions.WrongState as error:
            reason = gettext("This campaign is no draft any more. Nothing was changed.")
            raise CannotStart([reason]) from error
        except actions.NotReady as error:
            raise CannotStart(error.reasons) from error

    def _address(self, campaign: Campaign, segment: Segment, by: Any) -> Campaign:
        return actions.choose_audience(
            campaign=campaign, everybody=False, included=[segment], excluded=[], by=by
        )

    def _send(self, campaign: Campaign, by: Any) -> str:
        """At once; but not many mails, or for later, without the campaign's own last question."""
        number = recipients(Target.of(campaign)).count()
        if number > crm_settings.confirm_above or campaign.scheduled_at:
            return step_url(campaign, "send")
        campaign = actions.start_campaign(campaign=campaign, by=by)
        send_soon(campaign.pk, mails=campaign.recipients)
        return campaign.get_absolute_admin_url()
