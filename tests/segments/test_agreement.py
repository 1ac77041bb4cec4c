"""A rule asked as a set, of one member, kept up as things happen, and naively: all agree."""

import datetime
import random

import hypothesis.strategies as st
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from wagtail import hooks

from tests.segments import oracle
from tests.segments.factories import make_segment, members_of, stream
from tests.segments.lives import BEGINNINGS, HOURS, Clock, Life, birthdays, happenings, make_world
from tests.segments.strategies import CATEGORIES, pages_or_anywhere, segment_rules, timed_rules
from wagtail_crm.members.models import Member
from wagtail_crm.segments import actions, incremental
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.people import load_people
from wagtail_crm.tracking.models import DailyTotal, Event
from wagtail_crm.tracking.products import Catalogue, Category, Product, catalogues, forget_products

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("committing"),
    pytest.mark.slow,
]


@pytest.fixture
def clock(monkeypatch):
    clock = Clock(BEGINNINGS[0])
    monkeypatch.setattr(timezone, "now", clock)
    return clock


@pytest.fixture
def world(db, clock):
    with hooks.register_temporarily("register_crm_products", catalogue):
        catalogues.clear()
        forget_products()
        world = make_world()
        world.now = clock.now
        yield world
    catalogues.clear()
    forget_products()


def catalogue():
    shelves = {key: Category(key, key.title()) for key in CATEGORIES}
    yield Catalogue(
        "tests",
        lambda: [
            Product(
                code, code, tuple(shelves[key] for key in CATEGORIES if code in CATEGORIES[key])
            )
            for code in "ABC"
        ],
    )


def clear():
    """Hypothesis runs many examples in one test."""
    Segment.objects.all().delete()
    Event.objects.all().delete()
    DailyTotal.objects.all().delete()
    Member.objects.all().delete()


def begin(data, world, clock):
    """A new life with whatever chance brings, and that chance."""
    clear()
    clock.now = world.now = data.draw(st.sampled_from(BEGINNINGS), label="beginning")
    return Life(world), random.Random(data.draw(st.integers(0, 2**32), label="seed of the lives"))


SETTINGS = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_set_increments_and_plain_python_agree(world, clock):
    @SETTINGS
    @given(st.data())
    def examples(data):
        life, chance = begin(data, world, clock)
        first_rules = data.draw(segment_rules(world), label="first segment")
        second_match, second = data.draw(segment_rules(world), label="second segment")
        life.live_through(happenings(world, chance, events=40, changes=30))
        first = make_segment(*first_rules[1], match=first_rules[0])
        world.segments = {first.pk: first_rules}
        membership = data.draw(st.sampled_from(["in", "not_in"]))
        second = [*second, ("segment", {"segment": first.pk, "membership": membership})]
        other = make_segment(*second, match=second_match)
        rules = {first: first_rules, other: (second_match, second)}
        assert_agreement(life, rules)
        for _batch in range(3):
            life.live_through(happenings(world, chance, events=12, changes=6))
            assert_agreement(life, rules)
            for _hours in range(2):
                clock.now = world.now = clock.now + datetime.timedelta(hours=chance.choice(HOURS))
                actions.let_time_pass(until=clock.now)
                assert_agreement(life, rules)

    examples()


def test_segments_asked_together_agree(world, clock):
    """One names pages, another looks anywhere: what both read is loaded once."""

    @settings(SETTINGS, max_examples=8)
    @given(st.data())
    def examples(data):
        life, chance = begin(data, world, clock)
        life.live_through(happenings(world, chance, events=40, changes=5))
        rules = data.draw(st.lists(pages_or_anywhere(world), min_size=2, max_size=3))
        segments = {make_segment(rule): ("all", [rule]) for rule in rules}
        for _batch in range(2):
            life.live_through(happenings(world, chance, events=12, changes=2))
            assert_agreement(life, segments)

    examples()


def test_time_alone_moves_the_right_people(world, clock):
    """Nothing happens any more, and it becomes midnight here and there."""

    @SETTINGS
    @given(st.data())
    def examples(data):
        life, chance = begin(data, world, clock)
        life.live_through(happenings(world, chance, events=40, changes=10))
        life.live_through(birthdays(clock.now, chance))
        rules = [data.draw(timed_rules(world), label="rule") for _number in range(2)]
        segments = {make_segment(rule): ("all", [rule]) for rule in rules}
        for _hours in range(8):
            clock.now = world.now = clock.now + datetime.timedelta(hours=chance.choice([3, 7, 13]))
            actions.let_time_pass(until=clock.now)
            assert_agreement(life, segments)

    examples()


def withdrawn(life):
    pairs = zip(life.members, life.people, strict=True)
    return {member.pk for member, person in pairs if person.status == "withdrawn"}


def assert_agreement(life, segments):
    for segment, (match, rules) in segments.items():
        naive = {
            member.pk
            for member, person in zip(life.members, life.people, strict=True)
            if oracle.belongs(person, match, rules, life.world)
        }
        segment.refresh_from_db()
        assert set(matching(segment.rule).values_list("pk", flat=True)) == naive, segment.sentence
        people = load_people([member.pk for member in life.members], segment.rule.reads())
        one_by_one = {pk for pk, person in people.items() if segment.rule.holds(person)}
        assert one_by_one - withdrawn(life) == naive, segment.sentence
        assert members_of(segment) == naive, segment.sentence
        assert segment.size == len(naive)


@pytest.mark.parametrize("many", [1, 3])
def test_set_based_refreshes_agree_as_well(world, clock, monkeypatch, many):
    """As on long lists: segments with many members to ask about are asked in SQL."""
    monkeypatch.setattr(incremental, "MANY", many)
    test_set_increments_and_plain_python_agree(world, clock)


def test_stream_of_a_segment_survives_a_round_trip(world):
    @SETTINGS
    @given(segment_rules(world))
    def examples(rules):
        clear()
        match, children = rules
        segment = make_segment(*children, match=match, publish=False)
        segment.refresh_from_db()
        again = Segment(name="again", match=match, rules=stream(*children))
        assert segment.rule == again.rule

    examples()
