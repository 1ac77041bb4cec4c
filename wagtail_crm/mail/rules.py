"""The segment rule "Mail": who got, opened, clicked or ignored a campaign."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.chooser_blocks import CrmChooserBlock
from wagtail_crm.segments.rules.base import Broken, Dependencies, Interest, Rule, Scope
from wagtail_crm.segments.rules.blocks import RuleBlock
from wagtail_crm.segments.rules.expressions import IsOneOf
from wagtail_crm.segments.rules.person import Person, Reads
from wagtail_crm.tracking.models import Event

from . import events
from .models import Delivery

Deed = Literal["sent", "opened", "not_opened", "clicked", "not_clicked"]

MAIL_FACT = "mail"

KINDS: dict[str, frozenset[str]] = {
    "sent": frozenset({events.SENT}),
    "opened": frozenset({events.OPEN, events.CLICK}),
    "not_opened": frozenset({events.SENT, events.OPEN, events.CLICK}),
    "clicked": frozenset({events.CLICK}),
    "not_clicked": frozenset({events.SENT, events.CLICK}),
}


class MailGot(NamedTuple):
    """One mail that a member got, and whether a person opened it and clicked in it."""

    campaign_id: int
    opened: bool
    clicked: bool


def load_mails(member_ids: Sequence[int]) -> dict[int, list[MailGot]]:
    """The mails that members got: the fact that this rule reads."""
    rows = Delivery.objects.sent().filter(IsOneOf("member", member_ids)).order_by()
    mails: dict[int, list[MailGot]] = defaultdict(list)
    fields = ("member_id", "campaign_id", "opened_at", "clicked_at")
    for member_id, campaign_id, opened_at, clicked_at in rows.values_list(*fields):
        got = MailGot(campaign_id, opened_at is not None, clicked_at is not None)
        mails[member_id].append(got)
    return mails


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

    def holds(self, person: Person) -> bool:
        mails: Iterable[MailGot] = person.facts[MAIL_FACT]
        if self.campaign_id is not None:
            mails = [mail for mail in mails if mail.campaign_id == self.campaign_id]
        if self.deed == "sent":
            return bool(mails)
        did = any(getattr(mail, self.deed.removeprefix("not_")) for mail in mails)
        return bool(mails) and did is not self.deed.startswith("not_")

    def dependencies(self) -> Dependencies:
        return Dependencies(kinds=KINDS[self.deed])

    def reads(self) -> Reads:
        return Reads(facts=frozenset({MAIL_FACT}))

    def interests(self) -> frozenset[Interest]:
        return frozenset(Interest(kind, subject=self._subject) for kind in KINDS[self.deed])

    @property
    def _subject(self) -> str:
        return "" if self.campaign_id is None else events.subject_of(self.campaign_id)

    def evidence(self, person: Person) -> QuerySet[Event]:
        found = Event.objects.filter(member=person.pk).of_kinds(*KINDS[self.deed])
        return (found.about(self._subject) if self._subject else found).newest_first()

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
