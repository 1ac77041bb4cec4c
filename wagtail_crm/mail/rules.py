"""The segment rule "Mail": who got, opened, clicked or ignored a campaign, and when."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.segments.rules import records
from wagtail_crm.segments.rules.base import (
    Dependencies,
    Interest,
    MemberIds,
    Scope,
    WordedRule,
)
from wagtail_crm.segments.rules.person import Person, Reads, site_today
from wagtail_crm.segments.rules.windows import ALWAYS, Bounds, Period, Window
from wagtail_crm.segments.rules.words import Clause
from wagtail_crm.tracking.models import DailyTotal, Event

from . import events
from .models import Delivery
from .rule_words import clause_of

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
    """One mail that a member got: the days on which it was sent, and first opened and clicked."""

    campaign_id: int
    sent: datetime.date | None
    opened: datetime.date | None
    clicked: datetime.date | None


def load_mails(member_ids: Sequence[int]) -> dict[int, list[MailGot]]:
    """The mails that members got: the fact that this rule reads."""
    rows = Delivery.objects.sent().filter(IsOneOf("member", member_ids)).order_by()
    mails: dict[int, list[MailGot]] = defaultdict(list)
    fields = ("member_id", "campaign_id", "sent_at", "opened_at", "clicked_at")
    for member_id, campaign_id, *moments in rows.values_list(*fields):
        days = [moment and site_today(moment) for moment in moments]
        mails[member_id].append(MailGot(campaign_id, *days))
    return mails


@dataclass(frozen=True)
class MailDeed(WordedRule):
    """Got, opened or clicked a campaign, or got it and did not; any campaign when none is named.

    Programs that open or click do not count. Each mail counts as opened, or clicked, on the day
    of the first time; that day is in ``window``, or with ``within`` at most so many days after
    the mail was sent. "Not" means: got at least one of the campaigns asked about, and did it in
    none of them; these are the mails sent in ``window``, or those whose time ``within`` which
    they could be opened is over. ``name`` is the campaign's, for the sentence.
    """

    deed: Deed
    campaign_id: int | None = None
    name: str = ""
    window: Window = ALWAYS
    within: int | None = None

    @property
    def negated(self) -> bool:
        return self.deed.startswith("not_")

    @property
    def act(self) -> str:
        """ "opened" or "clicked", whether they did it or not."""
        return self.deed.removeprefix("not_")

    @property
    def _sent_in(self) -> Window:
        """When the mails were sent that are asked about."""
        if not self.negated:
            return self.window if self.deed == "sent" else ALWAYS
        return self.window if self.within is None else Window(newest=self.within + 1)

    @property
    def _done_in(self) -> Window:
        return ALWAYS if self.negated else self.window

    def condition(self, scope: Scope) -> Q:
        mails: Any = scope.only(Delivery.objects.sent())
        if self.campaign_id is not None:
            mails = mails.filter(campaign=self.campaign_id)
        mails = mails.filter(**records.moments("sent_at", self._sent_in.bounds(scope.today)))
        got = Q(pk__in=mails.member_ids())
        if self.deed == "sent":
            return got
        did = Q(pk__in=self._done(mails, scope.today).member_ids())
        return got & ~did if self.negated else did

    def _done(self, mails: Any, today: datetime.date) -> Any:
        column = f"{self.act}_at"
        done = mails.filter(
            **{f"{column}__isnull": False},
            **records.moments(column, self._done_in.bounds(today)),
        )
        if self.within is None:
            return done
        zone = timezone.get_default_timezone()
        days = {"sent_on": TruncDate("sent_at", tzinfo=zone), "on": TruncDate(column, tzinfo=zone)}
        longest = datetime.timedelta(days=self.within)
        return done.annotate(**days, took=F("on") - F("sent_on")).filter(took__lte=longest)

    def holds(self, person: Person) -> bool:
        sent_in = self._sent_in.bounds(person.today)
        mails = [mail for mail in person.facts[MAIL_FACT] if self._is_asked_about(mail, sent_in)]
        if self.deed == "sent":
            return bool(mails)
        done_in = self._done_in.bounds(person.today)
        did = any(self._is_done(mail, done_in) for mail in mails)
        return bool(mails) and did is not self.negated

    def _is_asked_about(self, mail: MailGot, sent_in: Bounds) -> bool:
        if self.campaign_id not in (None, mail.campaign_id):
            return False
        return sent_in == Bounds() or (mail.sent is not None and mail.sent in sent_in)

    def _is_done(self, mail: MailGot, done_in: Bounds) -> bool:
        day: datetime.date | None = getattr(mail, self.act)
        if day is None or day not in done_in:
            return False
        if self.within is None:
            return True
        return mail.sent is not None and (day - mail.sent).days <= self.within

    def dependencies(self) -> Dependencies:
        moves = self._sent_in.moves or self._done_in.moves
        return Dependencies(kinds=KINDS[self.deed], time=moves)

    def reads(self) -> Reads:
        return Reads(facts=frozenset({MAIL_FACT}))

    def interests(self) -> frozenset[Interest]:
        return frozenset(Interest(kind, subject=self._subject) for kind in KINDS[self.deed])

    def falling_due(self, period: Period) -> list[MemberIds]:
        """Who got, opened or clicked it on a day that the window has left or reached."""
        crossed = [
            (kinds, bounds)
            for kinds, window in (
                (KINDS["sent"], self._sent_in),
                (KINDS[self.act], self._done_in),
            )
            for bounds in window.crossed(period)
        ]
        return [self._whose_totals(kinds, bounds) for kinds, bounds in crossed]

    def _whose_totals(self, kinds: frozenset[str], bounds: Bounds) -> MemberIds:
        totals = DailyTotal.objects.of_members().of_kinds(*kinds)
        if self._subject:
            totals = totals.filter(subject=self._subject)
        found: MemberIds = records.within(totals, bounds).values_list("member", flat=True)
        return found

    @property
    def _subject(self) -> str:
        return "" if self.campaign_id is None else events.subject_of(self.campaign_id)

    def evidence(self, person: Person) -> QuerySet[Event]:
        found = Event.objects.filter(member=person.pk).of_kinds(*KINDS[self.deed])
        return (found.about(self._subject) if self._subject else found).newest_first()

    def clause(self) -> Clause:
        return clause_of(self)
