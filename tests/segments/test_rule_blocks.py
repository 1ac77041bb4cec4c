"""What the editor accepts, what it says when it does not, and what it makes of it."""

import pytest
from django.core.exceptions import ValidationError
from wagtail.blocks import StructBlockValidationError

from tests.members.factories import make_attribute
from tests.segments.factories import attribute, behaviour, group, make_segment, purchase
from tests.tracking.factories import make_page
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.rules.blocks import rule_blocks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def cleaned(rule):
    """The rule as the editor's form saves it."""
    kind, value = rule
    block = rule_blocks[kind]
    return block.get_prep_value(block.clean(block.to_python(value)))


def refused(rule):
    """Field → words, for a rule that the form refuses."""
    with pytest.raises(StructBlockValidationError) as caught:
        cleaned(rule)
    return {name: " ".join(error.messages) for name, error in caught.value.block_errors.items()}


@pytest.mark.parametrize("slug", [slug for slug in rule_blocks if slug != "missing"])
def test_code_may_name_only_the_fields_that_matter(slug):
    block, segment = rule_blocks[slug], Segment(name="By code", rules=[(slug, {})])
    new = {name: child.get_default() for name, child in block.child_blocks.items()}
    if "pages" in new:
        new["pages"] = []  # the form leaves empty choosers out

    assert block.rule(segment.rules[0].value) == block.rule(new)


def test_what_is_wrong_with_no_single_field_is_said_above_them():
    block = rule_blocks["visit_page"]
    with pytest.raises(StructBlockValidationError) as caught:
        block.clean(block.to_python({"pages": [], "below": True}))
    refusal = caught.value
    assert (list(refusal.non_block_errors), refusal.block_errors) == (["Choose a page."], {})


def test_what_has_no_default_must_be_said():
    empty = {slug: block.rule(block.normalize({})) for slug, block in rule_blocks.items()}
    assert {slug for slug, rule in empty.items() if not rule.problems()} == {
        *("behaviour", "purchase", "mail", "points"),
        *("consent", "status", "registered", "share", "visit_returning"),
    }


def test_code_that_names_no_page_means_all_of_them():
    segment = Segment(name="By code", rules=[("behaviour", {"times": 2})])

    assert segment.rule.problems() == []


def test_segment_made_by_code_is_the_one_an_editor_makes(shelf):
    viewed = ("behaviour", {"pages": [shelf], "times": 2, "window": "last", "days": 30})
    agreed = ("consent", {"purpose": "email"})
    rules = [viewed, ("group", {"match": "any", "rules": [agreed]})]
    segment = Segment.objects.create(name="Bakers", rules=rules)

    by_form = make_segment(
        behaviour(pages=[shelf], times=2, days=30),
        group("any", ("consent", {"agreed": "agreed", "purpose": "email"})),
    )
    assert Segment.objects.get(pk=segment.pk).rule == by_form.rule


@pytest.fixture
def shelf():
    return make_page("Shelf")


@pytest.fixture
def born(db):
    return make_attribute("born", type="date")


@pytest.fixture
def age(db):
    return make_attribute("age", type="number")


@pytest.fixture
def vegan(db):
    return make_attribute("vegan", type="boolean")


class TestAttribute:
    def test_values_are_kept_as_they_are_compared(self, age, prefecture):
        assert cleaned(attribute(age, "is", " 20.50 "))["value"] == "20.5"
        assert cleaned(attribute(prefecture, "one_of", "Tokyo、Osaka"))["value"] == "Tokyo, Osaka"

    @pytest.mark.parametrize(("type_", "comparison"), [("choice", "one_of"), ("choices", "is")])
    def test_choices_with_commas_of_their_own(self, type_, comparison):
        job = make_attribute("job", type=type_, choices="会社\n会社、役所\nShop, stall\n学生")
        kept = cleaned(attribute(job, comparison, "学生、会社、役所; Shop, stall"))["value"]
        assert kept == "学生, 会社、役所, Shop, stall"
        rule = make_segment(attribute(job, comparison, kept), publish=False).rule.rules[0]
        assert rule.values == ("学生", "会社、役所", "Shop, stall")

    def test_what_the_comparison_does_not_use_is_forgotten(self, age):
        saved = cleaned(attribute(age, "set", "5", "6"))
        assert (saved["value"], saved["upper"]) == ("", "")

    def test_number_that_is_none(self, age):
        assert refused(attribute(age, "gte", "many")) == {
            "value": "“Age” is a number: write it like 1200 or 0.5."
        }

    def test_date_that_is_none(self, born):
        assert refused(attribute(born, "lt", "yesterday")) == {
            "value": "“Born” is a date: write it like 2026-04-30."
        }

    def test_choice_that_does_not_exist(self, prefecture):
        assert refused(attribute(prefecture, "is", "Paris")) == {
            "value": "“Prefecture” has these choices: Tokyo, Osaka."
        }

    def test_yes_or_no(self, vegan):
        assert cleaned(attribute(vegan, "is", "true"))["value"] == "true"
        assert refused(attribute(vegan, "is", "perhaps")) == {
            "value": "“Vegan” is yes or no: choose one."
        }

    def test_nothing_to_compare_with(self, age):
        words = "Enter a value to compare with."
        assert refused(attribute(age, "is")) == {"value": words}
        assert refused(attribute(age, "between", "5")) == {"upper": words}

    def test_range_the_wrong_way_round(self, age, born):
        words = "The end lies before the beginning."
        assert refused(attribute(age, "between", "10", "5")) == {"upper": words}
        assert refused(attribute(born, "between", "2020-02-01", "2020-01-31")) == {"upper": words}

    def test_comparison_that_makes_no_sense(self, prefecture):
        assert refused(attribute(prefecture, "gte", "Tokyo")) == {
            "comparison": "“Prefecture” cannot be compared like this. "
            "Choose one of: is, is not, is one of, is filled in, is not filled in."
        }

    def test_draft_may_be_half_a_thought(self, age):
        block = rule_blocks["attribute"]
        block.defer_required_validation()
        try:
            saved = cleaned(attribute(age, "gte", ""))
        finally:
            block.restore_deferred_validation()
        assert saved["value"] == ""

    def test_choice_taken_away_later_breaks_the_rule(self, prefecture):
        segment = make_segment(attribute(prefecture, "is", "Osaka"))
        prefecture.choices = "Tokyo"
        prefecture.save()
        assert Segment.objects.get(pk=segment.pk).rule.problems() == [
            "“Prefecture” has these choices: Tokyo."
        ]


class TestAmounts:
    def test_at_least_nothing_is_refused(self):
        assert refused(behaviour("login", times=0)) == {
            "times": "“At least 0” is true of everybody: type more, or choose “not at all”."
        }
        assert refused(purchase(amount=0)) == {
            "amount": "“At least 0” is true of everybody: type more, or choose “not at all”."
        }

    def test_at_most_nothing_means_never(self):
        assert cleaned(behaviour("login", comparison="at_most", times=0))["times"] == 0

    def test_half_a_time_is_refused(self):
        assert refused(purchase(amount="1.5")) == {"amount": "Write a whole number."}
        assert cleaned(purchase("value", amount="1.5"))["amount"] is not None

    def test_empty_page_choosers_are_left_out(self, tree):
        (shop,) = tree("Shop")
        kind, value = behaviour(pages=[shop])
        value["pages"] = [None, shop.pk, None]
        assert [item["value"] for item in cleaned((kind, value))["pages"]] == [shop.pk]


class TestContradictions:
    """Rules that no member can ever match, although each of them works."""

    @pytest.mark.parametrize(
        "build",
        [
            lambda age: (attribute(age, "lt", "5"), attribute(age, "gt", "10")),
            lambda age: (attribute(age, "lt", "5"), attribute(age, "gte", "5")),
            lambda age: (attribute(age, "is", "5"), attribute(age, "is", "6")),
            lambda age: (attribute(age, "is", "5"), attribute(age, "between", "6", "7")),
            lambda age: (attribute(age, "is", "5"), attribute(age, "not_set")),
            lambda age: (attribute(age, "is", "5"), attribute(age, "is_not", "5")),
            lambda age: (behaviour(times=3, days=7), behaviour(comparison="at_most", days=30)),
            lambda age: (behaviour(), behaviour(comparison="at_most", times=0)),
            lambda age: (
                ("status", {"status": "registered"}),
                ("status", {"status": "prospect"}),
            ),
            lambda age: (
                ("registered", {"when": "within", "days": 7}),
                ("registered", {"when": "before", "days": 30}),
            ),
        ],
    )
    def test_contradiction_is_seen(self, age, build):
        rules = build(age)
        for order in (rules, rules[::-1]):
            doubts = make_segment(*order, publish=False).rule.doubts()
            assert len(doubts) == 1
            assert doubts[0].startswith("Nobody can match both “")

    @pytest.mark.parametrize(
        "build",
        [
            lambda age: (attribute(age, "lte", "5"), attribute(age, "gte", "5")),
            lambda age: (attribute(age, "lt", "10"), attribute(age, "gt", "5")),
            lambda age: (attribute(age, "is", "5"), attribute(age, "set")),
            lambda age: (attribute(age, "is_not", "5"), attribute(age, "is_not", "6")),
            lambda age: (behaviour(times=3, days=30), behaviour(comparison="at_most", days=7)),
            lambda age: (behaviour("login"), behaviour("search", comparison="at_most", times=0)),
            lambda age: (
                ("registered", {"when": "within", "days": 30}),
                ("registered", {"when": "before", "days": 7}),
            ),
        ],
    )
    def test_what_can_be_is_left_alone(self, age, build):
        assert make_segment(*build(age), publish=False).rule.doubts() == []

    def test_alternatives_may_exclude_each_other(self, age):
        rules = (attribute(age, "lt", "5"), attribute(age, "gt", "10"))
        assert make_segment(*rules, match="any", publish=False).rule.doubts() == []

    def test_contradiction_inside_a_group_is_seen(self, age):
        inner = group("all", attribute(age, "lt", "5"), attribute(age, "gt", "10"))
        assert len(make_segment(inner, publish=False).rule.doubts()) == 1


class TestMissingRule:
    """A rule of a room that is no longer installed."""

    def test_it_keeps_everybody_out_instead_of_vanishing(self):
        segment = make_segment(("horoscope", {"sign": 3}), behaviour("login"), match="any")
        assert segment.rule.problems() == [
            "A rule of the kind “horoscope” is not available on this site; remove it."
        ]
        assert segment.size == 0

    def test_inside_a_group_too(self):
        segment = make_segment(group("none", ("horoscope", {"sign": 3})))
        assert len(segment.rule.problems()) == 1

    def test_a_group_deeper_than_groups_go_is_one(self):
        rule = behaviour("login")
        for _level in range(13):
            rule = group("all", rule)
        assert make_segment(rule, publish=False).rule.problems() == [
            "A group lies deeper within others than this site allows, so it cannot be shown. "
            "Remove it, and add its rules to a group further out."
        ]

    def test_the_editor_asks_to_remove_it(self):
        segment = make_segment(("horoscope", {"sign": 3}), publish=False)
        block = Segment._meta.get_field("rules").stream_block
        with pytest.raises(ValidationError):
            block.clean(segment.rules)

    def test_what_it_said_comes_back_with_its_room(self):
        block = Segment._meta.get_field("rules").stream_block
        gone = block.to_python([{"type": "horoscope", "value": {"sign": 3}, "id": "x"}])
        stored = block.get_prep_value(block.bulk_to_python([list(gone.raw_data)])[0])
        assert stored[0]["type"] == "missing"
        stored[0]["value"]["kind"] = "status"
        stored[0]["value"]["data"] = '{"status": "prospect"}'
        assert [child.block_type for child in block.to_python(stored)] == ["status"]
