"""The panel beside the form of a segment, asked as a browser asks it."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.members.factories import make_attribute, make_member
from tests.segments.factories import (
    attribute,
    behaviour,
    group,
    in_segment,
    make_segment,
    purchase,
    record,
)
from tests.segments.posting import ENGLISH, posted
from tests.segments.test_counting import Slow
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.rules.people import HasStatus
from wagtail_crm.segments.views.count import _asker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


@pytest.fixture
def count(client):
    def post(data, segment=None):
        name = "crm_segment:count" if segment else "crm_segment:count_new"
        url = reverse(name, args=[segment.pk] if segment else [])
        return client.post(url, data, **ENGLISH)

    return post


class TestCount:
    """The panel beside the form, before anything is saved."""

    def test_shows_number_sample_and_sentence_and_saves_nothing(
        self, chief, count, shop, prefecture
    ):
        _shop, baking, bread = shop
        people = [
            make_member(given_name=name, attributes={"prefecture": "Tokyo"}, language="en")
            for name in ("Ann", "Ben", "Cid", "Dora")
        ]
        for member in people[:2]:
            record(member, page=baking)
            record(member, page=bread, days_ago=2)
        response = count(
            posted(
                behaviour(pages=[baking], times=2, days=30),
                attribute(prefecture, "is", "Tokyo"),
            )
        )
        context = response.context
        assert (context["count"].size, context["count"].total, context["count"].percent) == (
            2,
            4,
            50,
        )
        assert context["sentence"] == (
            "Members who viewed Baking or a page below it at least twice in the last 30 days "
            "and whose prefecture is Tokyo."
        )
        assert [str(member) for member, _url in context["sample"]] == ["Ben", "Ann"]
        assert f'href="/admin/crm/member/inspect/{people[0].pk}/"' in response.content.decode()
        assert Segment.objects.count() == 0

    def test_nested_groups(self, chief, count):
        vip = make_attribute("vip", type="boolean")
        members = [make_member(attributes={"vip": True}), make_member(), make_member()]
        record(members[1], "login")
        inner = group("any", attribute(vip, "is", "true"), group("all", behaviour("login")))
        assert count(posted(inner)).context["count"].size == 2
        assert count(posted(inner, match="none")).context["count"].size == 1

    def test_tells_which_rule_is_unfinished(self, chief, count, prefecture):
        response = count(
            posted(
                behaviour("login"),
                group("any", attribute(prefecture, "is", "")),
                behaviour("login", times=0),
            )
        )
        assert response.context["problems"] == [
            "Rule 2.1 – Value: Enter a value to compare with.",
            "Rule 3 – Number: “At least 0” is true of everybody: type more, or choose "
            "“not at all”.",
        ]

    def test_tells_what_can_never_be(self, chief, count):
        response = count(
            posted(
                ("status", {"status": "registered"}),
                ("status", {"status": "prospect"}),
            )
        )
        assert response.context["doubts"] == [
            "Nobody can match both “who are registered” and “who have no account”."
        ]

    def test_name_does_not_matter_yet(self, chief, count):
        make_segment(name="Taken")
        for name in ("", "Taken"):
            assert "count" in count(posted(behaviour(), name=name)).context

    def test_circle_is_named(self, chief, count):
        first = make_segment(name="First")
        second = make_segment(in_segment(first), name="Second")
        third = make_segment(in_segment(second), name="Third")
        response = count(posted(in_segment(third), name="First"), first)
        assert response.context["problems"] == [
            "A segment cannot depend on itself: “First” → “Third” → “Second” → “First”. "
            "Remove one of these rules."
        ]
        assert "count" in count(posted(in_segment(third), name="New")).context

    def test_itself_is_the_smallest_circle(self, chief, count):
        segment = make_segment(name="Self")
        response = count(posted(group("any", in_segment(segment)), name="Self"), segment)
        assert response.context["problems"] == [
            "A segment cannot depend on itself: “Self” → “Self”. Remove one of these rules."
        ]

    def test_names_are_only_for_those_who_may_see_members(self, editor, count):
        make_member(given_name="Ann")
        editor("add")
        context = count(posted()).context
        assert (context["count"].size, context["sample"], context["more"]) == (1, [], 1)
        editor("add", members=["view"])
        assert len(count(posted()).context["sample"]) == 1

    @pytest.mark.parametrize(
        ("actions", "new", "existing"),
        [((), 403, 403), (("view",), 403, 403), (("add",), 200, 403), (("change",), 200, 200)],
    )
    def test_permissions(self, editor, count, actions, new, existing):
        segment = make_segment()
        editor(*actions)
        expected = {403: 302}  # Wagtail leads back to the dashboard with a message
        assert count(posted()).status_code == expected.get(new, new)
        assert count(posted(), segment).status_code == expected.get(existing, existing)

    def test_nobody_counts_from_outside(self, client, count):
        assert count(posted()).status_code == 302
        assert client.get(reverse("crm_segment:count_new")).status_code == 302

    def test_only_posts(self, chief, client):
        assert client.get(reverse("crm_segment:count_new")).status_code == 405

    def test_what_takes_too_long_is_said(self, chief, count, settings, monkeypatch):
        settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"COUNT_TIMEOUT": 0.1}
        monkeypatch.setattr(HasStatus, "condition", Slow.condition)
        make_member()
        response = count(posted(("status", {"status": "registered"})))
        assert response.status_code == 200
        assert response.context["sentence"] == "Members who are registered."
        assert (
            "Counting this takes too long to do while you type. Publish the segment to have it "
            "counted."
        ) in response.text

    def test_an_estimate_comes_first_when_the_number_takes_longer(
        self, chief, count, settings, monkeypatch
    ):
        settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"COUNT_TIMEOUT": 0.1}
        quick = HasStatus.condition

        def slow_for_everybody(rule, scope):
            return (Slow.condition if scope.member_ids is None else quick)(rule, scope)

        monkeypatch.setattr(HasStatus, "condition", slow_for_everybody)
        for number in range(40):
            make_member(status="registered" if number % 4 else "prospect")
        rule = ("status", {"status": "registered"})

        first = count(posted(rule))
        second = count(posted(rule, exactly="1"))

        assert (first.context["count"].size, first.context["count"].total) == (30, 40)
        assert len(first.context["sample"]) == 10
        assert "about <strong>30</strong> ± 6 members" in " ".join(first.text.split())
        assert "data-crm-count-exactly" in first.text
        assert "publish the segment to have it counted exactly" in second.text
        assert "data-crm-count-exactly" not in second.text

    def test_more_rules_than_anybody_reads(self, chief, count, settings):
        settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
        many = [("status", {"status": "registered"})] * 50
        assert "problems" not in count(posted(*many, *many)).context
        response = count(posted(*many, group("any", *many)))
        assert response.context["problems"] == ["A segment has at most 100 rules: make two of it."]

    def test_a_value_however_often_typed_is_one_condition(self, chief, count, prefecture):
        rule = attribute(prefecture, "one_of", ",".join(["Tokyo"] * 300))
        with CaptureQueriesContext(connection) as queries:
            assert "problems" not in count(posted(rule)).context
        assert max(len(query["sql"]) for query in queries) < 4_000

    def test_a_value_is_not_a_book(self, chief, count, prefecture):
        rule = attribute(prefecture, "one_of", "x," * 1_001)
        assert "at most 2000 characters" in count(posted(rule)).context["problems"][0]

    def test_form_that_is_cut_off(self, chief, count):
        assert count({"name": "x", "match": "all"}).status_code == 400

    def test_questions_to_the_database_do_not_grow_with_the_members(
        self, chief, count, shop, prefecture
    ):
        rules = [
            behaviour(pages=[shop[1]], times=2),
            attribute(prefecture, "is", "Tokyo"),
            group("any", purchase()),
        ]
        numbers = []
        for _round in range(2):
            for member in [make_member(attributes={"prefecture": "Tokyo"}) for _n in range(3)]:
                record(member, page=shop[1], days_ago=1)
                record(member, page=shop[1])
                record(member, "purchase")
            count(posted(*rules))
            with CaptureQueriesContext(connection) as queries:
                response = count(posted(*rules))
            numbers.append((response.context["count"].size, len(queries)))
        assert [size for size, _queries in numbers] == [3, 6]
        assert numbers[0][1] == numbers[1][1]


def test_what_is_only_about_the_visit_has_no_number(client, chief):
    make_member()
    answer = client.post(
        reverse("crm_segment:count_new"),
        posted(("visit_country", {"comparison": "from", "countries": "JP"})),
        **ENGLISH,
    )
    assert "count" not in answer.context
    assert "there is no list of members" in answer.content.decode()
    assert answer.context["sentence"] == "Visitors who visit from JP."


@pytest.mark.parametrize(
    ("tab", "name"),
    [("beef", "crm-count {pk} beef"), ("2 '%", "crm-count {pk} 2"), ("f" * 500, None), ("", "")],
)
def test_what_somebody_asks_is_cut_off_by_nobody_else(tab, name):
    """Whatever they send as the name of their tab."""
    asked = RequestFactory().post("/", {"asker": tab})
    for pk in (1, 12):
        asked.user = get_user_model()(pk=pk)
        expected = f"crm-count {pk} {'f' * 32}" if name is None else name.format(pk=pk)
        assert _asker(asked) == expected
