"""Why somebody is in a segment, shown to an editor."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.members.factories import make_member
from tests.segments.factories import behaviour, group, make_segment, record
from tests.segments.posting import ENGLISH, posted
from wagtail_crm.segments.findings import findings_for
from wagtail_crm.segments.models import Segment
from wagtail_crm.tracking.timeline import Cursor, timeline_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


def ask(client, segment, member=None):
    query = {"member": member.pk} if member else {}
    return client.get(reverse("crm_segment_why", args=[segment.pk]), query, **ENGLISH)


def text_of(response):
    return " ".join(response.content.decode().split())


class TestWhy:
    def test_each_rule_is_said_to_be_true_or_not_with_what_was_done(self, chief, client, shop):
        member = make_member(family_name="", given_name="Ann", language="en")
        segment = make_segment(
            behaviour(pages=[shop[1]]),
            group("none", behaviour("login")),
            name="Readers",
        )
        event = record(member, page=shop[2])

        response = ask(client, segment, member)
        html = text_of(response)

        assert ", Ann has been in “Readers”." in html
        assert "Who viewed Baking or a page below it" in html
        finding = response.context["finding"]
        assert (finding.holds, [part.holds for part in finding.parts]) == (True, [True, True])
        (fact,) = finding.parts[0].facts
        assert (fact.kind.slug, fact.details, fact.at) == ("page_view", "Bread", event.at)
        assert html.count('crm-finding__verdict">True<') == 3
        assert html.count('crm-finding__verdict">Not true<') == 1

    def test_a_fact_leads_to_its_place_in_the_timeline(self, chief, shop):
        member = make_member()
        record(member, page=shop[1])
        older = record(member, kind="search", subject="flour", days_ago=2)
        segment = make_segment(behaviour("search"))

        (fact,) = findings_for(segment.rule, member, chief).parts[0].facts

        _page, _sep, cursor = fact.address.partition("&before=")
        first = timeline_of(member, before=Cursor.parse(cursor)).days[0][1][0]
        assert (first.kind.slug, first.at) == ("search", older.at)

    def test_who_is_not_in_it(self, chief, client):
        member = make_member(family_name="", given_name="Ben", language="en")

        html = text_of(ask(client, make_segment(behaviour("login"), name="Guests"), member))

        assert "Ben is not in “Guests”." in html

    def test_a_static_segment_has_no_reasons(self, chief, client):
        member = make_member()
        segment = Segment.objects.create(name="Hand", kind="static")

        assert "its members were put in by hand" in text_of(ask(client, segment, member))

    @pytest.mark.parametrize("member", ["", "0", "x", "99999999"])
    def test_somebody_has_to_be_chosen(self, chief, client, member):
        url = reverse("crm_segment_why", args=[make_segment().pk])
        response = client.get(url, {"member": member}, **ENGLISH)
        assert (response.status_code, "finding" in response.context) == (200, False)

    def test_is_for_who_may_see_members(self, editor, client):
        segment, member = make_segment(), make_member()
        editor("view")
        assert ask(client, segment, member).status_code == 302
        editor("view", members=["view"])
        assert ask(client, segment, member).status_code == 200

    def test_what_somebody_may_not_read_of_is_not_shown(self, editor, client):
        user = editor("view", members=["view"])
        member = make_member()
        record(member, kind="mail_click", subject="campaign:1")
        segment = make_segment(behaviour("mail_click"))

        hidden = ask(client, segment, member).context["finding"].parts[0]
        assert (hidden.holds, list(hidden.facts)) == (True, [])
        user.user_permissions.add(Permission.objects.get(codename="view_campaign"))
        assert len(ask(client, segment, member).context["finding"].parts[0].facts) == 1

    def test_costs_the_same_for_one_event_and_for_three(self, chief, client, shop):
        member = make_member()
        segment = make_segment(behaviour(pages=[shop[0]]))
        asked = []
        for page in ([shop[0]], shop[1:]):
            for each in page:
                record(member, page=each)
            ask(client, segment, member)
            with CaptureQueriesContext(connection) as queries:
                ask(client, segment, member)
            asked.append(len(queries))
        assert asked[0] == asked[1]


class TestInTheEditor:
    def test_the_rules_as_they_stand_are_asked_of_the_chosen_member(self, chief, client):
        member = make_member(family_name="", given_name="Ann", language="en")
        record(member, kind="login")
        data = posted(behaviour("login"), behaviour("search"), **{"why-member": member.pk})

        response = client.post(reverse("crm_segment:count_new"), data, **ENGLISH)

        parts = response.context["finding"].parts
        assert [part.holds for part in parts] == [True, False]
        assert "data-crm-count-why" in text_of(response)

    def test_nobody_is_named_to_who_may_not_see_members(self, editor, client):
        editor("add", "change")
        data = posted(behaviour("login"), **{"why-member": make_member().pk})

        response = client.post(reverse("crm_segment:count_new"), data, **ENGLISH)

        assert "finding" not in response.context
        form = client.get(reverse("crm_segment:add"), **ENGLISH).content.decode()
        assert "why-member" not in form


def test_what_the_visit_decides_is_left_open(chief, client):
    member = make_member(family_name="", given_name="Ann", language="en")
    segment = make_segment(("visit_device", {"devices": ["phone"]}), name="Now")

    html = text_of(ask(client, segment, member))

    assert "Whether Ann is in “Now” is decided anew at each visit." in html
    assert html.count('crm-finding__verdict">Depends on the visit<') == 2


def test_nobody_is_asked_about_where_the_visit_alone_decides(chief, client):
    asks = []
    for rules in ([("visit_device", {"devices": ["phone"]})], [behaviour("login")]):
        segment = make_segment(*rules)
        page = client.get(reverse("crm_segment:inspect", args=[segment.pk]), **ENGLISH)
        count = client.post(reverse("crm_segment:count_new"), posted(*rules), **ENGLISH)
        asks.append(
            ("Why is somebody in it?" in text_of(page), "data-crm-count-nobody" in text_of(count))
        )
    assert asks == [(False, True), (True, False)]
