"""What is loaded of whom, when a batch of members is asked about."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.members.factories import make_attribute, make_member
from tests.segments.factories import (
    attribute,
    behaviour,
    in_segment,
    make_segment,
    members_of,
    record,
)
from wagtail_crm.segments import actions, people
from wagtail_crm.segments.people import load_deeds, load_facts, load_members
from wagtail_crm.segments.rules.person import Look, NotLoaded, Reads
from wagtail_crm.segments.rules.windows import last_days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing", "in_english")]


def asked_of_totals(*member_ids):
    """The questions about what these members did, of a refresh after page views."""
    with CaptureQueriesContext(connection) as queries:
        actions.refresh_members(member_ids=member_ids, kinds={"page_view"})
    return [query["sql"] for query in queries if 'FROM "wagtail_crm_tracking_d' in query["sql"]]


def test_who_is_decided_by_a_field_is_not_asked_what_was_done():
    prefecture = make_attribute("prefecture")
    segment = make_segment(behaviour("page_view"), attribute(prefecture, "is", "Tokyo"))
    away, near = make_member(), make_member(attributes={"prefecture": "Tokyo"})
    for member in (away, near):
        record(member, "page_view")

    assert members_of(segment) == {near.pk}
    assert asked_of_totals(away.pk) == []
    assert len(asked_of_totals(away.pk, near.pk)) == 1


def test_two_segments_ask_for_the_days_of_both():
    week = make_segment(behaviour("page_view", days=7))
    month = make_segment(behaviour("page_view", days=30, times=2))
    member = make_member()
    record(member, days_ago=20)
    record(member)

    assert members_of(week) == members_of(month) == {member.pk}


def test_who_moves_is_looked_at_anew_by_what_names_the_segment():
    prefecture = make_attribute("prefecture")
    buyers = make_segment(behaviour("purchase"))
    # While the member is no buyer a fact decides, and nothing is loaded of the visits.
    readers = make_segment(
        in_segment(buyers), behaviour("page_view"), attribute(prefecture, "is", "Tokyo")
    )
    member = make_member(attributes={"prefecture": "Tokyo"})
    record(member, "page_view")
    record(member, "purchase")

    assert members_of(readers) == {member.pk}


@pytest.fixture
def baking(tree):
    """A section, a page in it, and a page elsewhere."""
    return *tree("Baking", "Bread"), *tree("Coffee")


class TestPlaces:
    def test_pages_below_count_and_others_are_not_read(self, baking):
        section, below, _elsewhere = baking
        segment = make_segment(behaviour(pages=[section], times=2))
        member = member_who_was_on(*baking)

        assert members_of(segment) == {member.pk}
        assert pages_read(segment, member) == {section.pk, below.pk}

    def test_pages_below_count_where_another_segment_looks_anywhere(self, baking):
        section, below, _elsewhere = baking
        narrow, anywhere = make_segment(behaviour(pages=[section])), make_segment(behaviour())
        member = member_who_was_on(below)

        assert (members_of(narrow), members_of(anywhere)) == ({member.pk}, {member.pk})

    def test_of_many_pages_everything_is_read(self, baking, monkeypatch):
        monkeypatch.setattr(people, "FEW_PAGES", 1)
        segment = make_segment(behaviour(pages=baking[:1], times=2))
        member = member_who_was_on(*baking)

        assert members_of(segment) == {member.pk}
        assert pages_read(segment, member) == {page.pk for page in baking}

    def test_a_page_that_is_gone_has_nothing_below_it(self, baking):
        _section, below, elsewhere = baking
        rule = make_segment(behaviour(pages=[below])).rule
        member = member_who_was_on(elsewhere)
        below.delete()

        assert not rule.holds(people.load_people([member.pk], rule.reads())[member.pk])


def member_who_was_on(*pages):
    member = make_member()
    for page in pages:
        record(member, page=page)
    return member


def pages_read(segment, member):
    """Where the member was, as far as it is loaded when the segment asks."""
    rule = segment.rule
    person = people.load_people([member.pk], rule.reads())[member.pk]
    return {total.page_id for total in person.totals["page_view"]}


class TestLoading:
    def test_what_is_not_loaded_is_not_taken_for_nothing(self):
        (person,) = load_members([make_member().pk]).values()

        for ask in (
            lambda: person.facts["tags"],
            lambda: person.totals.get("page_view"),
            lambda: person.events.get("page_view"),
            lambda: person.pages.below((1,)),
        ):
            with pytest.raises(NotLoaded):
                ask()

    def test_of_whom_it_is_wanted_and_of_the_days_that_count(self):
        one, other = make_member(), make_member()
        for member in (one, other):
            record(member, "page_view", days_ago=7)
            record(member, "page_view", days_ago=6)
            record(member, "login")
        found = load_members([one.pk, other.pk])

        load_facts(found, {"tags": {one.pk}})
        load_deeds(found, Reads(totals={"page_view": Look(last_days(7))}), {"page_view": {one.pk}})

        assert found[one.pk].facts == {"tags": set()}
        assert [total.times for total in found[one.pk].totals["page_view"]] == [1]
        assert found[one.pk].totals.keys() == {"page_view"}
        assert (found[other.pk].facts, found[other.pk].totals) == ({}, {})
