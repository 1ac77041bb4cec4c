"""A rule asked as a set, of one member, kept up as things happen, and naively: all agree."""

import datetime
import random
from decimal import Decimal
from types import SimpleNamespace

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from wagtail.models import Page

from tests.members.factories import make_attribute, make_member
from tests.segments import oracle
from tests.segments.factories import make_segment, members_of, stream
from wagtail_crm.members import actions as members
from wagtail_crm.members.models import Member, MemberTag
from wagtail_crm.segments import incremental
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.people import load_people
from wagtail_crm.tracking import actions as tracking
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import DailyTotal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]

PEOPLE = 6
TODAY = timezone.localdate(timezone=timezone.get_default_timezone())
VALUES = {
    "city": ["Tokyo", "Osaka", "大阪", "tokyo bay"],
    "age": [-1, 0, 20, 20.5, 100],
    "born": ["1999-12-31", "2000-01-01", "2024-02-29"],
    "rank": ["gold", "silver"],
    "likes": [["bread"], ["cake", "bread"], ["tea"]],
    "vegan": [True, False],
}
TYPES = {
    "city": "text",
    "age": "number",
    "born": "date",
    "rank": "choice",
    "likes": "choices",
    "vegan": "boolean",
}
PARSERS = {
    "city": str,
    "age": float,
    "born": str,
    "rank": str,
    "likes": str,
    "vegan": lambda text: text == "true",
}
CHOICES = {"rank": "gold\nsilver", "likes": "bread\ncake\ntea"}
KINDS = ["page_view", "purchase", "login"]


def typed(key):
    """Values of an attribute as an editor types them."""
    if key == "likes":
        return st.sampled_from(["bread", "cake", "tea"])
    if key == "vegan":
        return st.sampled_from(["true", "false"])
    return st.sampled_from([str(value) for value in VALUES[key]])


@st.composite
def attribute_rules(draw):
    key = draw(st.sampled_from(sorted(VALUES)))
    comparisons = ["is", "is_not", "set", "not_set"]
    if key != "vegan":
        comparisons += ["one_of"]
    if key == "city":
        comparisons += ["contains", "starts_with"]
    if key in ("age", "born"):
        comparisons += ["lt", "lte", "gt", "gte", "between"]
    comparison = draw(st.sampled_from(comparisons))
    value, upper = draw(typed(key)), draw(typed(key))
    if comparison == "one_of":
        value = ", ".join(draw(st.lists(typed(key), min_size=1, max_size=3)))
    if comparison in ("contains", "starts_with"):
        value = draw(st.sampled_from(["tok", "o", "大", "%", "_", "Tokyo"]))
    if comparison == "between":
        value, upper = sorted([value, upper], key=PARSERS[key])
    value = {"attribute": key, "comparison": comparison, "value": value, "upper": upper}
    return "attribute", value


@st.composite
def placed_rules(draw, world):
    value = {
        "comparison": draw(st.sampled_from(["at_least", "at_most"])),
        "days": draw(st.sampled_from([None, 1, 2, 5])),
        "pages": draw(st.lists(st.sampled_from(sorted(world.paths)), max_size=2)),
        "below": draw(st.booleans()),
    }
    least = 1 if value["comparison"] == "at_least" else 0
    if draw(st.booleans()):
        times = draw(st.integers(least, 3))
        subject = draw(st.sampled_from(["", "", "sku:A"]))
        value |= {"kind": draw(st.sampled_from(KINDS)), "times": times, "subject": subject}
        return "behaviour", value
    measure = draw(st.sampled_from(["times", "value"]))
    amounts = st.integers(least, 3) if measure == "times" else st.sampled_from([0.5, 100, 150])
    return "purchase", value | {"measure": measure, "amount": str(draw(amounts))}


def simple_rules(world):
    tags, when = sorted(world.tags), st.sampled_from(["within", "before"])
    fields = {
        "tag": {"has": st.sampled_from(["has", "has_not"]), "tag": st.sampled_from(tags)},
        "consent": {
            "agreed": st.sampled_from(["agreed", "not_agreed"]),
            "purpose": st.sampled_from(["email", "profiling"]),
        },
        "status": {"status": st.sampled_from(["registered", "prospect"])},
        "language": {
            "comparison": st.sampled_from(["is", "is_not"]),
            "language": st.sampled_from(["ja", "en"]),
        },
        "registered": {"when": when, "days": st.sampled_from([1, 3, 30])},
    }
    return st.one_of(
        [st.tuples(st.just(name), st.fixed_dictionaries(each)) for name, each in fields.items()]
    )


def grouped(rules):
    value = st.fixed_dictionaries(
        {
            "match": st.sampled_from(["all", "any", "none"]),
            "rules": st.lists(
                rules.map(lambda rule: {"type": rule[0], "value": rule[1]}), min_size=1, max_size=3
            ),
        }
    )
    return st.tuples(st.just("group"), value)


def leaves(world):
    return st.one_of(
        attribute_rules(), placed_rules(world), placed_rules(world), simple_rules(world)
    )


def rule_trees(world):
    return st.recursive(leaves(world), grouped, max_leaves=6)


def segment_rules(world):
    return st.tuples(
        st.sampled_from(["all", "any", "none"]),
        st.lists(rule_trees(world), min_size=1, max_size=3),
    )


def happenings(world, chance, events, changes):
    """A batch of things that happen to several people before anybody looks.

    From one seed: hypothesis alone would make nearly empty lives.
    """
    pages = [None, *world.paths, *world.paths]
    batch = [
        (
            "event",
            chance.randrange(PEOPLE),
            chance.choice(KINDS),
            chance.choice(pages),
            chance.choice([0, 0, 1, 1, 2, 3, 4, 5, 6]),
            chance.choice(["", "sku:A"]),
            chance.choice([None, 50, 100]),
        )
        for _number in range(events)
    ]
    return batch + [_change(world, chance) for _number in range(changes)]


def _change(world, chance):
    person, key = chance.randrange(PEOPLE), chance.choice(sorted(VALUES))
    status = chance.choice(["registered", "registered", "withdrawn"])
    return chance.choice(
        [
            ("attribute", person, key, chance.choice([None, *VALUES[key]])),
            ("attribute", person, key, chance.choice(VALUES[key])),
            ("tag", person, chance.choice(sorted(world.tags)), chance.random() < 0.6),
            ("consent", person, chance.choice(["email", "profiling"]), chance.random() < 0.6),
            ("language", person, chance.choice(["", "ja", "en"])),
            ("status", person, status, chance.choice([0, 1, 2, 3, 29, 30, 40])),
        ]
    )


@pytest.fixture
def world(db):
    root = Page.objects.get(depth=1)
    shop = root.add_child(instance=Page(title="Shop", slug="shop-1"))
    bread = shop.add_child(instance=Page(title="Bread", slug="bread"))
    cake = root.add_child(instance=Page(title="Cake", slug="cake"))
    for key, kind in TYPES.items():
        make_attribute(key, type=kind, choices=CHOICES.get(key, ""))
    tags = [MemberTag.objects.create(name=name, slug=name) for name in ("vip", "trade")]
    return SimpleNamespace(
        today=TODAY,
        paths={shop.pk: ("s",), bread.pk: ("s", "b"), cake.pk: ("c",)},
        tags={tag.pk: tag.name for tag in tags},
        parsers=PARSERS,
        segments={},
    )


class Life:
    """The same happenings told to the CRM and to plain Python."""

    def __init__(self, world):
        self.world = world
        self.members = [make_member() for _number in range(PEOPLE)]
        self.people = [oracle.Person() for _number in range(PEOPLE)]

    def live_through(self, batch):
        with transaction.atomic():
            events = []
            for kind, number, *details in batch:
                event = getattr(self, kind)(self.members[number], self.people[number], *details)
                events += [event] if event else []
            tracking.record_events(events=events)

    def event(self, member, person, kind, page, days_ago, subject, value):
        day = TODAY - datetime.timedelta(days=days_ago)
        zone = timezone.get_default_timezone()
        at = datetime.datetime.combine(day, datetime.time(23, 59), tzinfo=zone)
        event = NewEvent(
            kind=kind,
            at=at,
            member_id=member.pk,
            page_id=page or 0,
            subject=subject,
            value=None if value is None else Decimal(value),
        )
        path = self.world.paths.get(page, ())
        person.facts.append(oracle.Fact(kind, day, path, subject, Decimal(value or 0)))
        return event

    def attribute(self, member, person, key, value):
        members.update_member(member=member, attributes={key: value})
        person.attributes[key] = value

    def tag(self, member, person, tag, put_on):
        change = {"add" if put_on else "remove": [self.world.tags[tag]]}
        members.tag_members(members=[member], **change)
        (person.tags.add if put_on else person.tags.discard)(tag)

    def consent(self, member, person, purpose, granted):
        members.record_consent(member=member, purpose=purpose, granted=granted, source="test")
        person.consents[purpose] = granted

    def language(self, member, person, language):
        members.update_member(member=member, fields={"language": language})
        person.language = language

    def status(self, member, person, status, days_ago):
        if status == "withdrawn":
            members.withdraw_member(member=member)
            person.consents = dict.fromkeys(person.consents, False)
        else:
            at = timezone.now() - datetime.timedelta(days=days_ago)
            fields = {"status": status, "registered_at": at, "withdrawn_at": None}
            members.update_member(member=member, fields=fields)
            person.registered = timezone.localdate(at, timezone.get_default_timezone())
        person.status = status


def clear():
    """Hypothesis runs many examples in one test."""
    Segment.objects.all().delete()
    DailyTotal.objects.all().delete()
    Member.objects.all().delete()


SETTINGS = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def test_set_increments_and_plain_python_agree(world):
    @SETTINGS
    @given(st.data())
    def examples(data):
        clear()
        life = Life(world)
        chance = random.Random(data.draw(st.integers(0, 2**32), label="seed of the lives"))
        first_rules = data.draw(segment_rules(world), label="first segment")
        second_match, second = data.draw(segment_rules(world), label="second segment")
        life.live_through(happenings(world, chance, events=40, changes=25))
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
        assert members_of(segment) == naive, segment.sentence
        assert set(matching(segment.rule).values_list("pk", flat=True)) == naive, segment.sentence
        people = load_people([member.pk for member in life.members], segment.rule.reads())
        one_by_one = {pk for pk, person in people.items() if segment.rule.holds(person)}
        assert one_by_one - withdrawn(life) == naive, segment.sentence
        assert segment.size == len(naive)


@pytest.mark.parametrize("many", [1, 3])
def test_set_based_refreshes_agree_as_well(world, monkeypatch, many):
    """As on long lists: segments with many members to ask about are asked in SQL."""
    monkeypatch.setattr(incremental, "MANY", many)
    test_set_increments_and_plain_python_agree(world)


def test_stream_of_a_segment_survives_a_round_trip(world):
    @SETTINGS
    @given(segment_rules(world))
    def examples(rules):
        clear()
        match, children = rules
        segment = make_segment(*children, match=match)
        again = Segment(name="again", match=match, rules=stream(*children))
        assert segment.rule == again.rule

    examples()
