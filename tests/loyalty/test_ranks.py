"""Who has which rank, as points come and time goes."""

import datetime
import random

import hypothesis.strategies as st
import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings

from tests.loyalty.factories import (
    at,
    changes,
    earn,
    make_event,
    make_ranks,
    make_rule,
    make_staff,
    rank_name,
)
from tests.members.factories import make_member, make_registered_member
from wagtail_crm.conf import crm_settings
from wagtail_crm.loyalty import actions
from wagtail_crm.loyalty.actions import ranks as rank_actions
from wagtail_crm.loyalty.ledger import NewEntry
from wagtail_crm.loyalty.models import Account, Entry, Rank, Recount
from wagtail_crm.loyalty.period import first_day, leaves_on
from wagtail_crm.loyalty.standing import Standing, standing_of
from wagtail_crm.loyalty.tasks import sweep_ranks
from wagtail_crm.members.actions import update_member, withdraw_member
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def unmended(monkeypatch):
    """The weekly look at everybody would hide what was not noticed in time."""
    monkeypatch.setattr(rank_actions, "MEND_AFTER", datetime.timedelta(days=10_000))


@pytest.mark.parametrize(
    ("day", "months", "leaves"),
    [
        ((2025, 11, 23), 12, (2026, 11, 23)),
        ((2024, 2, 29), 12, (2025, 3, 1)),
        ((2026, 8, 31), 6, (2027, 3, 1)),
        ((2026, 8, 28), 6, (2027, 2, 28)),
        ((2026, 12, 31), 1, (2027, 1, 31)),
    ],
)
def test_points_count_until_the_same_day_of_a_later_month(day, months, leaves):
    assert leaves_on(datetime.date(*day), months) == datetime.date(*leaves)


@pytest.mark.parametrize("months", [1, 6, 12, 25])
def test_the_first_day_that_counts_is_the_first_that_has_not_left(months):
    day = datetime.date(2027, 1, 1)
    for _day in range(800):
        first = first_day(day, months)
        before = first - datetime.timedelta(days=1)
        assert leaves_on(before, months) <= day < leaves_on(first, months)
        day += datetime.timedelta(days=1)


def test_a_rank_is_reached_with_the_entry_that_brings_it(clock):
    make_ranks(Bronze=100, Gold=1000)
    member = make_member()
    earn(member, 99)
    assert rank_name(member) is None
    earn(member, 1, at(2026, 11, 1))
    account = Account.objects.get(member=member)
    assert (account.rank.name, account.rank_since) == ("Bronze", at(2026, 11, 1))
    earn(member, 2000)
    assert changes(member) == [("", "Bronze", "up"), ("Bronze", "Gold", "up")]
    assert rank_name(member) == "Gold"


def test_a_rank_begins_with_the_last_entry_that_it_needs_but_not_tomorrow(clock):
    make_ranks(Bronze=100)
    members = [make_member() for _number in range(2)]
    rule = make_rule(points=50)
    for member, days in zip(members, ((20, 3), (20, 30)), strict=True):
        events = [make_event(member, at=at(2026, 11, day)) for day in days]
        actions.award_points(events=events[::-1], rules=[rule])
    begins = [Account.objects.get(member=member).rank_since for member in members]
    assert begins == [at(2026, 11, 20), clock.now]


def test_what_is_spent_does_not_count_and_what_is_taken_by_hand_does(clock):
    make_ranks(Bronze=100)
    member, staff = make_member(), make_staff()
    actions.adjust_points(member=member, points=150, reason="Gift", staff=staff)
    actions.spend_points(member=member, points=80, key="1", label="Cup")
    assert rank_name(member) == "Bronze"
    actions.adjust_points(member=member, points=-50, reason="Mistake", staff=staff)
    assert rank_name(member) == "Bronze"
    actions.adjust_points(member=member, points=-1, reason="Mistake", staff=staff, key="last")
    assert rank_name(member) is None
    assert changes(member) == [("", "Bronze", "up"), ("Bronze", "", "down")]


def test_a_correction_counts_when_older_points_have_left(clock, unmended):
    make_ranks(Bronze=100)
    member = make_member()
    earn(member, 80, at(2025, 12, 1))
    earn(member, 100)
    clock.now = at(2026, 12, 1)
    assert (sweep_ranks(), rank_name(member)) == (0, "Bronze")
    actions.adjust_points(member=member, points=-10, reason="Mistake", staff=make_staff())
    assert rank_name(member) is None


def test_a_correction_that_leaves_lets_somebody_rise(clock, unmended):
    make_ranks(Bronze=100)
    member = make_member()
    for moment, points in ((at(2026, 6, 1), 90), (at(2026, 1, 1), -50), (at(2026, 6, 2), 20)):
        add_entry(member, (moment, points))
    clock.now = at(2026, 12, 31)
    assert (sweep_ranks(), rank_name(member)) == (0, None)
    clock.now = at(2027, 1, 1)
    assert (sweep_ranks(), rank_name(member)) == (1, "Bronze")


def test_a_rank_falls_on_the_day_on_which_its_points_leave(clock):
    make_ranks(Bronze=100, Silver=200)
    member = make_member()
    earn(member, 150, at(2026, 1, 15, 0))
    earn(member, 100, at(2026, 3, 31))
    account = Account.objects.get(member=member)
    assert (account.rank.name, account.rank_until) == ("Silver", datetime.date(2027, 1, 15))
    clock.now = at(2027, 1, 14, 23)
    assert (sweep_ranks(), rank_name(member)) == (0, "Silver")
    clock.now = at(2027, 1, 15, 0)
    assert (sweep_ranks(), rank_name(member)) == (1, "Bronze")
    assert (sweep_ranks(), Account.objects.get(member=member).rank_since) == (0, clock.now)
    clock.now = at(2027, 4, 1)
    assert (sweep_ranks(), rank_name(member)) == (1, None)
    assert changes(member)[2:] == [("Silver", "Bronze", "down"), ("Bronze", "", "down")]
    assert Account.objects.get(member=member).rank_until is None


@override_settings(WAGTAIL_CRM={"RANK_MONTHS": 0})
def test_without_a_period_nothing_falls(clock):
    make_ranks(Bronze=100)
    member = make_member()
    earn(member, 100, at(2021, 1, 1))
    clock.now = at(2040, 1, 1)
    assert (sweep_ranks(), rank_name(member)) == (0, "Bronze")


@pytest.mark.parametrize("batch", [1, 1000])
def test_everybody_is_looked_at_when_ranks_change(clock, monkeypatch, batch):
    monkeypatch.setattr(rank_actions, "BATCH", batch)
    ranks = make_ranks(Bronze=100)
    members = [make_member() for _number in range(4)]
    for member, points in zip(members, (50, 100, 200, 300), strict=True):
        earn(member, points)
    Rank.objects.create(name="Gold", points=200)
    ranks["Bronze"].points = 50
    ranks["Bronze"].save()
    sweep_ranks()
    assert [rank_name(member) for member in members] == ["Bronze", "Bronze", "Gold", "Gold"]
    assert changes(members[3]) == [("", "Bronze", "up"), ("Bronze", "Gold", "up")]
    assert (sweep_ranks(), Event.objects.of_kinds("rank_change").count()) == (0, 6)


def test_everybody_is_looked_at_when_the_period_changes(clock):
    make_ranks(Bronze=100)
    member = make_member()
    earn(member, 100, at(2026, 9, 1))
    with override_settings(WAGTAIL_CRM={"RANK_MONTHS": 1}):
        sweep_ranks()
        assert rank_name(member) is None
    sweep_ranks()
    assert rank_name(member) == "Bronze"


def test_what_a_longer_period_counts_again_is_not_forgotten(clock):
    make_ranks(Bronze=100)
    member = make_member()
    earn(member, 90, at(2026, 9, 1))
    with override_settings(WAGTAIL_CRM={"RANK_MONTHS": 1}):
        sweep_ranks()
    sweep_ranks()
    earn(member, 10)
    assert rank_name(member) == "Bronze"


def test_where_there_are_no_ranks_nobody_is_looked_at(clock):
    earn(make_member(), 100)
    assert (sweep_ranks(), Recount.objects.count()) == (0, 0)


def test_a_recount_that_has_no_time_for_all_says_so(clock, monkeypatch):
    monkeypatch.setattr(rank_actions, "BATCH", 2)
    members = [make_member() for _number in range(5)]
    for member in members:
        earn(member, 100)
    rank = Rank.objects.create(name="Bronze", points=100)
    actions.ask_recount_if_needed()
    assert actions.recount(seconds=0)
    rank.points = 101  # in the middle: it begins again
    rank.save()
    actions.ask_recount_if_needed()
    assert not actions.recount(seconds=60)
    assert [rank_name(member) for member in members] == [None] * 5


def test_who_had_a_rank_that_is_given_up_gets_the_next_lower(clock):
    ranks = make_ranks(Bronze=100, Silver=200)
    member = make_member()
    earn(member, 250)
    actions.end_ranks(ranks=[ranks["Silver"]], by=make_staff())
    assert rank_name(member) == "Silver"
    sweep_ranks()
    assert changes(member)[-1] == ("Silver", "Bronze", "down")
    assert [rank.name for rank in Rank.objects.all()] == ["Bronze"]


def test_a_rank_that_is_given_up_is_no_step_any_more(clock):
    ranks, member = make_ranks(Bronze=100, Silver=200, Pearl=500, Gold=1000), make_member()
    for points, moment in ((50, at(2026, 1, 1)), (150, at(2026, 1, 15)), (100, at(2026, 3, 31))):
        earn(member, points, moment)
    actions.end_ranks(ranks=[ranks["Silver"], ranks["Pearl"]], by=make_staff())
    last = datetime.date(2027, 3, 31)
    assert standing_of(member.points_account) == Standing(300, last, last, 1000)


def test_a_killed_recount_goes_on_where_it_was(clock, monkeypatch):
    monkeypatch.setattr(rank_actions, "BATCH", 2)
    members = [make_member() for _number in range(5)]
    for member in members:
        earn(member, 100)
    Rank.objects.create(name="Bronze", points=100)
    assert actions.ask_recount_if_needed()
    actions.recount_next_batch()
    monkeypatch.setattr(rank_actions, "record_events", kill)
    with pytest.raises(Killed):
        actions.recount_next_batch()
    assert [rank_name(member) for member in members].count("Bronze") == 2
    monkeypatch.undo()
    sweep_ranks()
    assert [changes(member) for member in members] == [[("", "Bronze", "up")]] * 5
    assert Recount.objects.get().done_at is not None


class Killed(Exception):
    pass


def kill(**kwargs):
    raise Killed


def test_mends_what_went_wrong_once_a_week(clock):
    make_ranks(Bronze=100)
    member = make_member()
    earn(member, 100)
    Account.objects.filter(member=member).update(rank=None)
    clock.now += datetime.timedelta(days=6)
    assert (sweep_ranks(), rank_name(member)) == (0, None)
    clock.now += datetime.timedelta(days=2)
    sweep_ranks()
    assert rank_name(member) == "Bronze"


def test_who_is_forgotten_has_no_rank():
    make_ranks(Bronze=100)
    member = make_registered_member()
    earn(member, 100)
    withdraw_member(member=member, erase=True)
    account = Account.objects.get(member=member)
    assert (account.rank, account.rank_since, account.rank_until) == (None, None, None)


def test_who_leaves_has_no_rank_and_who_comes_back_has(clock, django_capture_on_commit_callbacks):
    make_ranks(Bronze=100)
    member = make_registered_member()
    earn(member, 100)
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_member(member=member)
    assert rank_name(member) is None
    with django_capture_on_commit_callbacks(execute=True):
        fields = {"status": Member.Status.REGISTERED, "withdrawn_at": None}
        update_member(member=member, fields=fields)
    assert rank_name(member) == "Bronze"


def test_the_sweeper_ends_ranks_that_a_dead_process_left(clock):
    make_ranks(Bronze=100)
    member = make_registered_member()
    earn(member, 100)
    withdraw_member(member=member)
    assert rank_name(member) == "Bronze"
    assert (sweep_ranks(), rank_name(member)) == (1, None)


def test_most_entries_ask_no_more_than_what_ranks_there_are(clock):
    make_ranks(Bronze=100)
    make_rule(points=1)
    members = [make_member() for _number in range(3)]
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as captured:
            actions.award_points(events=[make_event(member) for member in members])
        counts.append([query["sql"] for query in captured if "loyalty_rank" in query["sql"]])
    assert [len(queries) for queries in counts] == [1, 1]


@hypothesis_settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32))
def test_ranks_are_what_the_entries_of_the_period_reach(clock, unmended, seed):
    """Random entries of random days, time that passes, changed ranks: as counted naively."""
    chance = random.Random(seed)
    Entry.objects.all().delete()
    Member.objects.all().delete()
    Rank.objects.all().delete()
    with override_settings(WAGTAIL_CRM={"RANK_MONTHS": chance.choice([0, 1, 2])}):
        ranks = make_ranks(Bronze=30, Silver=60, Gold=100)
        members, lives = [make_member() for _number in range(3)], [[], [], []]
        for step in range(12):
            for _entry in range(chance.randrange(4)):
                who, entry = chance.randrange(3), random_entry(chance, clock.now)
                if entry[1] >= 0 or sum(amount for _at, amount in lives[who]) + entry[1] >= 0:
                    lives[who].append(entry)
                    add_entry(members[who], entry)
            if step == 6:
                ranks["Silver"].points = chance.choice([20, 50, 150])
                ranks["Silver"].save()
            clock.now += datetime.timedelta(days=chance.choice([0, 1, 3, 10, 20]))
            sweep_ranks()
            expected = [naive_rank(life, clock.now) for life in lives]
            assert [rank_name(member) for member in members] == expected
        assert_the_log_tells_of_every_change(members)


def random_entry(chance, now):
    days = datetime.timedelta(days=chance.choice([0, 0, 1, 10, 28, 29, 30, 31, 45, 62]))
    return now - days, chance.choice([-30, -10, 5, 20, 20, 40, 70])


def add_entry(member, entry):
    moment, amount = entry
    kind = Account.Kind.ISSUED if amount > 0 else Account.Kind.ADJUSTED
    number = Entry.objects.count()
    new = NewEntry(f"{member.pk}:{number}", member.pk, amount, kind=kind, at=moment)
    actions.points._book([new])


def naive_rank(life, now):
    months, today = crm_settings.rank_months, now.date()
    points = sum(
        amount for moment, amount in life if not months or leaves_on(moment.date(), months) > today
    )
    reached = [rank for rank in Rank.objects.order_by("points") if rank.points <= points]
    return reached[-1].name if reached else None


def assert_the_log_tells_of_every_change(members):
    for member in members:
        last = Event.objects.of_member(member).of_kinds("rank_change").order_by("pk")
        told = [row.data["to"] or None for row in last]
        assert (told or [None])[-1] == rank_name(member)
