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
from wagtail_crm.segments import actions
from wagtail_crm.segments.people import load_deeds, load_facts, load_members
from wagtail_crm.segments.rules.person import NotLoaded, Reads
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


class TestLoading:
    def test_what_is_not_loaded_is_not_taken_for_nothing(self):
        people = load_members([make_member().pk])
        (person,) = people.values()

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
        people = load_members([one.pk, other.pk])

        load_facts(people, {"tags": {one.pk}})
        load_deeds(people, Reads(totals={"page_view": last_days(7)}), {"page_view": {one.pk}})

        assert people[one.pk].facts == {"tags": set()}
        assert [total.times for total in people[one.pk].totals["page_view"]] == [1]
        assert people[one.pk].totals.keys() == {"page_view"}
        assert (people[other.pk].facts, people[other.pk].totals) == ({}, {})
