"""How often, when and where: what the editor accepts, and what it makes of older rules."""

import pytest
from wagtail.blocks import StructBlockValidationError

from tests.members.factories import make_attribute, make_member
from tests.segments.factories import attribute, behaviour, make_segment, purchase, record
from wagtail_crm.members.models import Member
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.people import load_people
from wagtail_crm.segments.rules.behaviour import Did
from wagtail_crm.segments.rules.blocks import rule_blocks
from wagtail_crm.segments.rules.shares import InShare
from wagtail_crm.segments.rules.windows import Window, last_days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def refused(rule, **changes):
    kind, value = rule
    block = rule_blocks[kind]
    with pytest.raises(StructBlockValidationError) as caught:
        block.clean(block.to_python(value | changes))
    return {name: " ".join(error.messages) for name, error in caught.value.block_errors.items()}


def rule_of(rule, **changes):
    kind, value = rule
    block = rule_blocks[kind]
    return block.rule(block.to_python(value | changes))


class TestWhen:
    def test_rules_from_before_there_were_windows(self):
        kind, value = behaviour("login")
        for name in ("window", "measure", "properties"):
            del value[name]
        assert rule_of((kind, value)) == Did("login")
        assert rule_of((kind, value | {"days": 7})) == Did("login", window=last_days(7))

    @pytest.mark.parametrize(
        ("changes", "errors"),
        [
            ({"window": "last", "days": None}, {"days": "Write a number of days."}),
            (
                {"window": "ago", "days": 5, "days_to": None},
                {"days_to": "Write a number of days."},
            ),
            (
                {"window": "ago", "days": 5, "days_to": 4},
                {"days_to": "Write the larger number here."},
            ),
            ({"window": "dates"}, {"first_day": "Choose a date."}),
            (
                {"window": "dates", "first_day": "2026-05-02", "last_day": "2026-05-01"},
                {"last_day": "The end lies before the beginning."},
            ),
            ({"window": "ever", "comparison": "first"}, {"window": "Choose when it was."}),
        ],
    )
    def test_days_that_make_no_sense(self, changes, errors):
        assert refused(behaviour("login"), **changes) == errors

    def test_between_days_the_numbers_are_included(self):
        rule = rule_of(behaviour("login"), window="ago", days=30, days_to=60)
        assert rule.window == Window(oldest=60, newest=30)
        assert rule.window.length == 31

    def test_registered_between_dates_needs_one(self):
        value = {"when": "dates", "days": None, "first_day": None, "last_day": None}
        assert refused(("registered", value)) == {"first_day": "Choose a date."}


class TestHowMuch:
    def test_kinds_without_an_amount(self):
        assert refused(behaviour(), measure="value", times=5) == {
            "measure": "“Viewed a page” has no amount: count times or days."
        }

    def test_amounts_are_not_exact(self):
        assert refused(purchase("value", "exactly", 5)) == {
            "comparison": "Choose “at least” or “at most”."
        }

    def test_no_number(self):
        assert refused(behaviour("login"), times=None) == {"times": "Write a number."}

    def test_not_at_all_needs_none(self):
        assert rule_of(behaviour("login"), comparison="never", times=None) == Did(
            "login", comparison="at_most", amount=0
        )

    def test_product_by_its_code(self):
        for typed in ("P08", " sku:P08 "):
            assert rule_of(purchase(), what="product", product=typed).subject == "sku:P08"


class TestWhere:
    def test_type_that_is_gone(self):
        rule = rule_of(behaviour(), page_type="shop.vanished")
        assert rule.problems() == ["This site no longer has pages of the type that is asked for."]

    def test_name_of_a_detail(self):
        detail = {"name": "two words", "comparison": "is", "value": "x"}
        kind, value = behaviour()
        block = rule_blocks[kind]
        with pytest.raises(StructBlockValidationError) as caught:
            block.clean(block.to_python(value | {"properties": [detail]}))
        assert list(caught.value.block_errors) == ["properties"]

    @pytest.mark.parametrize("name", ["contains", "in", "isnull", "exact", "touch.range"])
    def test_details_named_like_lookups(self, name):
        data = {"touch": {"range": "x"}} if "." in name else {name: "x"}
        member = make_member()
        record(member, "login", data=data)
        detail = {"name": name, "comparison": "is", "value": "x"}
        rule = rule_of(behaviour("login"), properties=[detail])
        assert list(matching(rule)) == [member]
        assert rule.holds(load_people([member.pk], rule.reads())[member.pk])


class TestDates:
    @pytest.mark.parametrize("typed", ["", "0", "1.5", "-3", "soon", "367", "٣"])
    def test_days_that_are_no_number(self, typed):
        born = make_attribute("born", type="date")
        assert refused(attribute(born, "anniversary", typed)) == {
            "value": "Write how many days, from 1 (only today) to 366."
        }

    def test_numbers_have_no_anniversary(self):
        age = make_attribute("age", type="number")
        assert list(refused(attribute(age, "anniversary", "7"))) == ["comparison"]


class TestContradictions:
    @pytest.mark.parametrize(
        "rules",
        [
            (behaviour("login", comparison="exactly", times=2), behaviour("login", times=3)),
            (
                ("behaviour", behaviour("login")[1] | {"comparison": "first", "window": "last"}),
                behaviour("login", comparison="never"),
            ),
            (
                ("share", {"membership": "in", "first": 1, "last": 10, "draw": ""}),
                ("share", {"membership": "in", "first": 11, "last": 20, "draw": ""}),
            ),
            (
                ("registered", {"when": "dates", "days": 1, "last_day": "2026-01-01"}),
                ("registered", {"when": "dates", "days": 1, "first_day": "2026-01-02"}),
            ),
        ],
    )
    def test_contradiction_is_seen(self, rules):
        rules = [
            (kind, value | ({"days": 3} if value.get("window") == "last" else {}))
            for kind, value in rules
        ]
        for order in (rules, rules[::-1]):
            assert len(make_segment(*order, publish=False).rule.doubts()) == 1

    def test_more_days_than_there_are(self):
        rule = rule_of(behaviour("login", measure="days", times=8), window="last", days=7)
        assert rule.doubts() == [
            "Nobody can match “who signed in on at least 8 days in the last 7 days”: "
            "there are not so many days."
        ]

    def test_different_draws_have_nothing_to_do_with_each_other(self):
        first, other = InShare(1, 10, "a"), InShare(11, 20, "b")
        assert not first.excludes(other)


class TestShares:
    def test_share_ends_before_it_begins(self):
        value = {"membership": "in", "first": 5, "last": 4, "draw": ""}
        assert list(refused(("share", value))) == ["last"]

    def test_a_hundred_parts_are_equal_whole_and_apart(self):
        Member.objects.bulk_create(Member() for _number in range(2_000))
        everybody = set(Member.objects.values_list("pk", flat=True))
        parts = [
            set(matching(InShare(first, first + 9)).values_list("pk", flat=True))
            for first in range(1, 100, 10)
        ]
        assert set().union(*parts) == everybody
        assert sum(map(len, parts)) == len(everybody)
        assert min(map(len, parts)) > 130  # of 200, five standard deviations
        people = load_people(everybody, InShare(1, 10).reads())
        assert {pk for pk, person in people.items() if InShare(1, 10).holds(person)} == parts[0]

    def test_draws_are_independent(self):
        Member.objects.bulk_create(Member() for _number in range(2_000))
        both = matching(InShare(1, 50, "a")).filter(pk__in=matching(InShare(1, 50, "b")))
        assert 400 < both.count() < 600
