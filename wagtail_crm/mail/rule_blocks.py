"""The segment rule "Mail" as editors fill it in."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.segments.rules.base import Broken, Rule
from wagtail_crm.segments.rules.named_blocks import NamedChooserBlock
from wagtail_crm.segments.rules.window_blocks import (
    EVER,
    SHOWN_BY_WINDOW,
    WINDOWS,
    TimedRuleBlock,
    window_of,
)
from wagtail_crm.segments.rules.windows import ALWAYS, Window

from .rules import MailDeed

WITHIN = "within"
SHOWN = {
    **SHOWN_BY_WINDOW,
    "days": {"window": [*SHOWN_BY_WINDOW["days"]["window"], WITHIN]},
    "campaign": {"which": ["one"]},
}


class MailRuleBlock(TimedRuleBlock):
    slug = "mail"

    deed = blocks.ChoiceBlock(
        choices=[
            ("opened", _("opened it")),
            ("not_opened", _("got it and did not open it")),
            ("clicked", _("clicked in it")),
            ("not_clicked", _("got it and did not click in it")),
            ("sent", _("got it")),
        ],
        default="opened",
        label=_("Members who"),
    )
    # Two fields rather than an empty chooser: a campaign that was deleted must not become "any".
    which = blocks.ChoiceBlock(
        choices=[("any", _("any campaign")), ("one", _("this campaign:"))],
        default="any",
        label=_("Which"),
    )
    campaign = NamedChooserBlock("wagtail_crm_mail.Campaign", required=False, label=_("Campaign"))
    window = blocks.ChoiceBlock(
        choices=[*WINDOWS, (WITHIN, _("within … days of getting it"))],
        default=EVER,
        label=pgettext_lazy("mail rule", "When"),
    )

    def check_fields(self, value: Any) -> None:
        if value["which"] == "one" and value["campaign"] is None:
            raise ValidationError({"campaign": gettext("Choose the campaign.")})
        when(value)

    def rule(self, value: Any) -> Rule:
        campaign = value["campaign"]
        if value["which"] == "one" and campaign is None:
            return Broken(gettext("The campaign is not chosen, or no longer exists."))
        try:
            window, within = when(value)
        except ValidationError as error:
            return Broken(" ".join(error.messages))
        if value["which"] == "any":
            return MailDeed(value["deed"], window=window, within=within)
        return MailDeed(value["deed"], campaign.pk, campaign.name, window, within)

    class Meta:
        icon = "mail"
        label = _("Mail")
        form_layout = blocks.BlockGroup(["deed", "which", "campaign", *TimedRuleBlock.when])
        form_attrs = {
            "data-controller": "crm-rule-fields",
            "data-crm-rule-fields-shown-value": json.dumps(SHOWN),
        }


def when(value: Any) -> tuple[Window, int | None]:
    """Window and days of a rule. Raises ``ValidationError``, by name of the field."""
    if value["window"] != WITHIN:
        return window_of(value), None
    if value["deed"] == "sent":
        text = gettext("Choose another time: who gets a mail gets it then.")
        raise ValidationError({"window": text})
    if not value["days"]:
        raise ValidationError({"days": gettext("Write a number of days.")})
    return ALWAYS, value["days"]
