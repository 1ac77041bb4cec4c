"""The segment rule "Mail": who got, opened, clicked or ignored a campaign."""

from dataclasses import dataclass
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.chooser_blocks import CrmChooserBlock
from wagtail_crm.segments.rules.base import Broken, Dependencies, Rule, Scope
from wagtail_crm.segments.rules.blocks import RuleBlock

from . import events
from .models import Delivery

Deed = Literal["sent", "opened", "not_opened", "clicked", "not_clicked"]

KINDS: dict[str, frozenset[str]] = {
    "sent": frozenset({events.SENT}),
    "opened": frozenset({events.OPEN, events.CLICK}),
    "not_opened": frozenset({events.SENT, events.OPEN, events.CLICK}),
    "clicked": frozenset({events.CLICK}),
    "not_clicked": frozenset({events.SENT, events.CLICK}),
}


@dataclass(frozen=True)
class MailDeed(Rule):
    """Got, opened or clicked a campaign, or got it and did not; any campaign when none is named.

    Programs that open or click do not count. "Not" means: got at least one of the campaigns asked
    about, and did it in none of them. ``name`` is the campaign's, for the sentence.
    """

    deed: Deed
    campaign_id: int | None = None
    name: str = ""

    def condition(self, scope: Scope) -> Q:
        rows: Any = scope.only(Delivery.objects.sent())
        if self.campaign_id is not None:
            rows = rows.filter(campaign=self.campaign_id)
        if not self.deed.startswith("not_"):
            return Q(pk__in=getattr(rows, self.deed)().member_ids())
        did = getattr(rows, self.deed.removeprefix("not_"))()
        return Q(pk__in=rows.member_ids()) & ~Q(pk__in=did.member_ids())

    def dependencies(self) -> Dependencies:
        return Dependencies(kinds=KINDS[self.deed])

    def sentence(self) -> str:
        if self.campaign_id is None:
            return self._sentence_of_any()
        sentences = {
            "sent": gettext("who got the mail “%(campaign)s”"),
            "opened": gettext("who opened the mail “%(campaign)s”"),
            "not_opened": gettext("who got the mail “%(campaign)s” and did not open it"),
            "clicked": gettext("who clicked in the mail “%(campaign)s”"),
            "not_clicked": gettext("who got the mail “%(campaign)s” and did not click in it"),
        }
        return sentences[self.deed] % {"campaign": self.name}

    def _sentence_of_any(self) -> str:
        return {
            "sent": gettext("who got a mail"),
            "opened": gettext("who opened a mail"),
            "not_opened": gettext("who got mail and never opened any"),
            "clicked": gettext("who clicked in a mail"),
            "not_clicked": gettext("who got mail and never clicked in any"),
        }[self.deed]


class MailRuleBlock(RuleBlock):
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
    campaign = CrmChooserBlock("wagtail_crm_mail.Campaign", required=False, label=_("Campaign"))

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned["which"] == "one" and cleaned["campaign"] is None:
            raise blocks.StructBlockValidationError(
                {"campaign": ValidationError(_("Choose the campaign."))}
            )
        return cleaned

    def rule(self, value: Any) -> Rule:
        campaign = value["campaign"]
        if value["which"] == "any":
            return MailDeed(value["deed"])
        if campaign is None:
            return Broken(gettext("The campaign is not chosen, or no longer exists."))
        return MailDeed(value["deed"], campaign.pk, campaign.name)

    class Meta:
        icon = "mail"
        label = _("Mail")
