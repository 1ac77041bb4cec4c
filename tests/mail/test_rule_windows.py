"""The rule "Mail" in time: in the last days, between days, within days of getting it."""

import datetime
import itertools
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from tests.mail.factories import make_campaign
from tests.members.factories import make_member
from tests.segments.factories import make_segment, members_of
from wagtail_crm.mail import events
from wagtail_crm.mail.models import Delivery
from wagtail_crm.mail.rule_blocks import MailRuleBlock
from wagtail_crm.members.models import Member
from wagtail_crm.segments import actions
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.people import load_people
from wagtail_crm.tracking.actions import record_events

pytestmark = pytest.mark.django_db

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime.datetime(2026, 11, 20, 10, tzinfo=TOKYO)
_numbers = itertools.count()


@pytest.fixture
def clock(monkeypatch):
    """What time it is: ``clock(3)`` is three days later than at first."""
    # No two tests publish at the same moment: it says which rules the process keeps compiled.
    now = [NOW + datetime.timedelta(seconds=next(_numbers))]
    [begin] = now
    monkeypatch.setattr(timezone, "now", lambda: now[0])

    def go(days):
        now[0] = begin + datetime.timedelta(days=days)
        return now[0]

    return go


def at(days_ago, *hours):
    day = NOW.date() - datetime.timedelta(days=days_ago)
    return datetime.datetime.combine(day, datetime.time(*(hours or [12])), tzinfo=TOKYO)


def deliver(campaign, member, sent, opened=None, clicked=None):
    """A mail, and what was done with it, as the mail room and the log keep it."""
    delivery = Delivery.objects.create(
        campaign=campaign,
        member=member,
        status=Delivery.Status.SENT,
        sent_at=sent,
        opened_at=opened,
        clicked_at=clicked,
    )
    moments = {events.SENT: sent, events.OPEN: opened, events.CLICK: clicked}
    record_events(
        events=[
            events.campaign_event(kind, delivery, campaign.name, moment)
            for kind, moment in moments.items()
            if moment
        ]
    )
    return delivery


@pytest.fixture
def campaigns(clock):
    return [make_campaign(), make_campaign()]


@pytest.fixture
def people(campaigns):
    """Each named after the mails they got: when sent, when opened, when clicked."""
    first, second = campaigns
    lives = {
        "at once": [(first, at(10, 0), at(10, 23, 59))],
        "after 3 days": [(first, at(10, 23, 59), at(7, 23, 59), at(7, 23, 59))],
        "after 4 days": [(first, at(10, 23, 59), at(6, 0))],
        "never": [(first, at(10))],
        "new": [(second, at(3))],
        "old": [(second, at(4))],
        "one of two": [(first, at(10)), (second, at(4), at(2), at(1))],
        "nothing": [],
    }
    people = {}
    for name, mails in lives.items():
        people[make_member().pk] = name
        for campaign, *moments in mails:
            deliver(campaign, Member(pk=max(people)), *moments)
    return people


def mail_rule(deed, window="ever", campaign=None, **value):
    which = {"which": "one", "campaign": campaign.pk} if campaign else {"which": "any"}
    return "mail", {"campaign": None, **which, "deed": deed, "window": window, **value}


LAST_7 = {"window": "last", "days": 7}
WITHIN_3 = {"window": "within", "days": 3}
DATES = {"window": "dates", "first_day": "2026-11-10", "last_day": "2026-11-13"}
LATE = {"after 4 days", "never"}
FIRST = {"at once", "after 3 days", *LATE, "one of two"}
CASES = [
    ("sent", LAST_7, None, {"new", "old", "one of two"}),
    ("sent", {"window": "before", "days": 10}, None, FIRST),
    ("opened", LAST_7, None, {"after 4 days", "one of two"}),
    ("opened", LAST_7, 0, {"after 4 days"}),
    ("opened", {"window": "ago", "days": 7, "days_to": 10}, None, {"at once", "after 3 days"}),
    ("opened", DATES, None, {"at once", "after 3 days"}),
    ("opened", WITHIN_3, None, {"at once", "after 3 days", "one of two"}),
    ("clicked", WITHIN_3, None, {"after 3 days", "one of two"}),
    ("clicked", {"window": "last", "days": 1}, None, set()),
    ("clicked", {"window": "last", "days": 2}, 1, {"one of two"}),
    ("not_opened", LAST_7, None, {"new", "old"}),
    ("not_opened", DATES, 0, {"never", "one of two"}),
    ("not_opened", WITHIN_3, None, {*LATE, "old"}),
    ("not_opened", WITHIN_3, 0, {*LATE, "one of two"}),
    ("not_opened", WITHIN_3, 1, {"old"}),
    ("not_clicked", WITHIN_3, 1, {"old"}),
    ("not_clicked", LAST_7, None, {"new", "old"}),
]  # fmt: skip


@pytest.mark.parametrize(("deed", "when", "which", "expected"), CASES)
def test_as_a_set_and_for_each(people, campaigns, deed, when, which, expected):
    campaign = None if which is None else campaigns[which]
    rule = make_segment(mail_rule(deed, campaign=campaign, **when), publish=False).rule

    as_a_set = {people[pk] for pk in matching(rule).values_list("pk", flat=True)}
    facts = load_people(list(people), rule.reads())
    one_by_one = {people[pk] for pk, person in facts.items() if rule.holds(person)}

    assert as_a_set == expected
    assert one_by_one == expected


@pytest.mark.parametrize(
    ("deed", "when", "days"),
    [
        # The day it was sent, and three more: then it was not opened within three days.
        ("not_opened", WITHIN_3, {4, 5}),
        ("not_opened", {"window": "last", "days": 2}, {0, 1}),
        ("not_opened", {"window": "ago", "days": 2, "days_to": 3}, {2, 3}),
        ("sent", {"window": "before", "days": 2}, {2, 3, 4, 5}),
        ("opened", {"window": "last", "days": 2}, set()),
    ],
)
@pytest.mark.usefixtures("committing")
def test_time_alone_moves_them(clock, campaigns, deed, when, days):
    segment = make_segment(mail_rule(deed, campaign=campaigns[0], **when))
    deliver(campaigns[0], make_member(), at(0, 9))
    deliver(campaigns[1], make_member(), at(0, 9))
    inside = set()

    for day in range(6):
        actions.let_time_pass(until=clock(day))
        inside |= {day} if members_of(segment) else set()
        assert members_of(segment) == set(matching(segment.rule).values_list("pk", flat=True))

    assert inside == days


@pytest.mark.usefixtures("committing")
def test_an_opening_leaves_the_window(clock, campaigns):
    segment = make_segment(mail_rule("opened", "last", days=2))
    member = make_member()
    deliver(campaigns[0], member, at(3), at(0, 9))
    assert members_of(segment) == {member.pk}

    actions.let_time_pass(until=clock(1))
    assert members_of(segment) == {member.pk}
    actions.let_time_pass(until=clock(2))
    assert members_of(segment) == set()


SENTENCES = [
    (
        ("opened", LAST_7),
        "who opened a mail in the last 7 days",
        "過去7日間にいずれかのメールを開封している",
    ),
    (
        ("opened", WITHIN_3),
        "who opened a mail within 3 days of getting it",
        "受け取ってから3日以内にいずれかのメールを開封している",
    ),
    (
        ("not_opened", WITHIN_3),
        "who got mail and opened none of it within 3 days",
        "メールを受け取って3日以内に一度も開封していない",
    ),
    (
        ("not_clicked", LAST_7),
        "who got mail in the last 7 days and clicked in none of it",
        "過去7日間にメールを受け取って一度もリンクをクリックしていない",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("deed", "english", "japanese"), SENTENCES)
def test_sentences(deed, english, japanese):
    rule = make_segment(mail_rule(deed[0], **deed[1]), publish=False).rule
    with translation.override("en"):
        assert rule.sentence() == english
    with translation.override("ja"):
        assert rule.sentence() == japanese


def test_sentence_of_one_campaign():
    campaign = make_campaign(name="秋の便り")
    rule = make_segment(mail_rule("not_opened", campaign=campaign, **WITHIN_3), publish=False).rule
    with translation.override("en"):
        assert rule.sentence() == "who got the mail “秋の便り” and did not open it within 3 days"
    with translation.override("ja"):
        assert rule.sentence() == "メール「秋の便り」を受け取って3日以内に開封していない"


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (("sent", WITHIN_3), "window"),
        (("opened", {"window": "within", "days": None}), "days"),
        (("opened", {"window": "last", "days": None}), "days"),
        (("opened", {"window": "ago", "days": 7, "days_to": 3}), "days_to"),
    ],
)
def test_times_that_are_none_are_refused_beside_their_field(value, field):
    block = MailRuleBlock()
    with pytest.raises(Exception) as error:  # block errors share no public base
        block.clean(block.to_python(mail_rule(value[0], **value[1])[1]))
    assert set(error.value.block_errors) == {field}


def test_rules_from_before_there_were_times_mean_any_time():
    value = {"deed": "opened", "which": "any", "campaign": None}
    rule = make_segment(("mail", value), publish=False).rule
    assert rule == make_segment(mail_rule("opened"), publish=False).rule
