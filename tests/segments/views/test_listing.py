"""The list of segments and the page of one, asked as a browser asks them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.members.factories import make_member
from tests.segments.factories import (
    attribute,
    behaviour,
    group,
    in_segment,
    make_segment,
    members_of,
    purchase,
    record,
)
from tests.segments.posting import ENGLISH
from wagtail_crm.segments.models import Membership

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


class TestList:
    def test_shows_sentence_size_and_what_is_broken(self, chief, client, tree):
        (page,) = tree("Gone")
        make_member()
        make_segment(name="All")
        make_segment(behaviour(pages=[page]), name="Broken")
        make_segment(behaviour("login"), name="Draft", publish=False)
        page.delete()
        html = client.get(reverse("crm_segment:list"), **ENGLISH).content.decode()
        for words in (
            "All members.",
            "Members who match a rule that no longer works (A page that this rule names no "
            "longer exists).",
            "Members who signed in.",
            # What can be done with ticked rows stays in sight on a phone.
            "wagtail_crm/listing.css",
        ):
            assert words in html

    def test_costs_the_same_for_one_and_for_three(self, chief, client, shop, prefecture):
        rules = [
            behaviour(pages=[shop[1]]),
            attribute(prefecture, "is", "Tokyo"),
            group("any", purchase(), in_segment(make_segment(name="Zero"))),
        ]
        numbers = []
        make_segment(*rules)
        client.get(reverse("crm_segment:list"))
        for more in (0, 2):
            for _number in range(more):
                make_segment(*rules)
            with CaptureQueriesContext(connection) as queries:
                response = client.get(reverse("crm_segment:list"), {"q": "Segment"})
            numbers.append(len(queries))
            assert response.status_code == 200
        assert numbers[0] == numbers[1]

    def test_says_what_to_do_first(self, chief, client):
        html = client.get(reverse("crm_segment:list"), **ENGLISH).content.decode()
        assert "There are no segments yet" in html
        assert f'href="{reverse("crm_segment:add")}"' in html

    def test_searches_and_filters(self, chief, client):
        make_member()
        make_segment(name="Everybody")
        make_segment(behaviour("login"), name="Visitors")
        make_segment(name="Idea", publish=False)

        def found(**query):
            response = client.get(reverse("crm_segment:list_results"), query, **ENGLISH)
            return [segment.name for segment in response.context["object_list"]]

        assert found() == ["Everybody", "Idea", "Visitors"]
        assert found(q="isit") == ["Visitors"]
        assert found(live="false") == ["Idea"]
        assert found(live="true") == ["Everybody", "Visitors"]
        assert found(size="some") == ["Everybody"]
        assert found(size="none", live="true") == ["Visitors"]


class TestInspect:
    def test_shows_members_newest_first_with_links(self, chief, client):
        first, second = make_member(given_name="Ann"), make_member(given_name="Ben")
        segment = make_segment(behaviour("login"))
        record(first, "login")
        record(second, "login")
        response = client.get(reverse("crm_segment:inspect", args=[segment.pk]), **ENGLISH)
        assert [(str(member), url) for member, url, _at in response.context["members"]] == [
            ("Ben", f"/admin/crm/member/inspect/{second.pk}/"),
            ("Ann", f"/admin/crm/member/inspect/{first.pk}/"),
        ]
        assert response.context["sentence"] == "Members who signed in."

    def test_pages_through_the_members(self, chief, client):
        for _number in range(53):
            make_member()
        segment = make_segment()
        url = reverse("crm_segment:inspect", args=[segment.pk])
        assert [len(client.get(url, {"p": page}).context["members"]) for page in (1, 2)] == [50, 3]

    def test_costs_the_same_for_one_and_for_three(self, chief, client):
        segment = make_segment(behaviour("login"))
        url = reverse("crm_segment:inspect", args=[segment.pk])
        numbers = []
        client.get(url)
        for more in (1, 2):
            for _number in range(more):
                record(make_member(), "login")
            with CaptureQueriesContext(connection) as queries:
                response = client.get(url)
            numbers.append((len(response.context["members"]), len(queries)))
        assert [size for size, _queries in numbers] == [1, 3]
        assert numbers[0][1] == numbers[1][1]

    def test_hides_people_from_those_who_may_not_see_them(self, editor, client):
        make_member(given_name="Ann", email="ann@example.jp")
        segment = make_segment()
        editor("view")
        html = client.get(reverse("crm_segment:inspect", args=[segment.pk])).content.decode()
        assert "ann@example.jp" not in html

    def test_refresh_counts_anew(self, chief, client):
        member = make_member()
        segment = make_segment()
        Membership.objects.filter(segment=segment).delete()
        response = client.post(reverse("crm_segment:refresh", args=[segment.pk]), **ENGLISH)
        assert response.url == reverse("crm_segment:inspect", args=[segment.pk])
        assert members_of(segment) == {member.pk}

    def test_refresh_needs_permission_and_a_post(self, editor, client):
        segment = make_segment()
        url = reverse("crm_segment:refresh", args=[segment.pk])
        editor("view")
        Membership.objects.all().delete()
        make_member()
        Membership.objects.all().delete()
        assert client.post(url).url == reverse("wagtailadmin_home")
        assert members_of(segment) == set()
        editor("change")
        assert client.get(url).status_code == 405


@pytest.mark.parametrize(
    ("view", "actions", "allowed"),
    [
        ("list", (), False),
        ("list", ("view",), True),
        ("add", ("change",), False),
        ("add", ("add",), True),
        ("edit", ("view",), False),
        ("edit", ("change",), True),
        ("inspect", (), False),
        ("inspect", ("view",), True),
        ("delete", ("change",), False),
        ("delete", ("delete",), True),
        ("history", ("view",), False),
        ("history", ("change",), True),
        ("usage", ("add",), False),
        ("usage", ("change",), True),
        ("copy", ("change",), False),
        ("copy", ("add", "change"), True),
        ("unpublish", ("change",), False),
        ("unpublish", ("publish", "change"), True),
    ],
)
def test_permissions(editor, client, view, actions, allowed):
    segment = make_segment()
    editor(*actions)
    arguments = [] if view in ("list", "add") else [segment.pk]
    response = client.get(reverse(f"crm_segment:{view}", args=arguments))
    assert (response.status_code == 200) is allowed
