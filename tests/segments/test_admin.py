"""The screens of segments, asked as a browser asks them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ReferenceIndex

from tests.members.factories import make_attribute, make_member
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
from tests.segments.test_patience import Slow
from wagtail_crm.segments.models import Membership, Segment
from wagtail_crm.segments.rules.people import HasStatus

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]
ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


def posted(*rules, name="Bakers", match="all", **extra):
    """What the editor's form sends for (type, value) rules."""
    return {"name": name, "match": match, **_stream("rules", rules), **extra}


def _stream(prefix, rules):
    data = {f"{prefix}-count": len(rules)}
    for number, (kind, value) in enumerate(rules):
        start = f"{prefix}-{number}"
        data |= {f"{start}-deleted": "", f"{start}-order": number, f"{start}-type": kind}
        data |= {f"{start}-id": "", **_struct(f"{start}-value", value)}
    return data


def _struct(prefix, value):
    data = {}
    for name, child in value.items():
        place = f"{prefix}-{name}"
        if name == "rules":
            data |= _stream(place, [(each["type"], each["value"]) for each in child])
        elif name == "pages":
            data[f"{place}-count"] = len(child)
            for number, page in enumerate(child):
                data |= {
                    f"{place}-{number}-deleted": "",
                    f"{place}-{number}-order": number,
                    f"{place}-{number}-value": page,
                    f"{place}-{number}-id": "",
                }
        elif child is True:
            data[place] = "on"
        elif child is not None and child is not False:
            data[place] = child
    return data


@pytest.fixture
def count(client):
    def post(data, segment=None):
        name = "crm_segment:count" if segment else "crm_segment:count_new"
        url = reverse(name, args=[segment.pk] if segment else [])
        return client.post(url, data, **ENGLISH)

    return post


@pytest.fixture
def shop(tree):
    return tree("Shop", "Baking", "Bread")


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
            "Rule 3 – Times: “At least 0 times” is true of everybody: write 1 or more, "
            "or “at most”.",
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


class TestSaving:
    def test_draft_then_publish(self, chief, client):
        member = make_member()
        record(member, "purchase")
        add = reverse("crm_segment:add")
        client.post(add, posted(purchase(), name="Buyers"), **ENGLISH)
        segment = Segment.objects.get(name="Buyers")
        assert (segment.live, members_of(segment)) == (False, set())
        edit = reverse("crm_segment:edit", args=[segment.pk])
        data = posted(purchase(), name="Buyers", **{"action-publish": "1"})
        client.post(edit, data, **ENGLISH)
        segment.refresh_from_db()
        assert (segment.live, segment.size, members_of(segment)) == (True, 1, {member.pk})

    def test_changing_a_live_segment_waits_for_publishing(self, chief, client):
        member = make_member()
        segment = make_segment(name="All")
        edit = reverse("crm_segment:edit", args=[segment.pk])
        client.post(edit, posted(purchase(), name="All"), **ENGLISH)
        assert members_of(segment) == {member.pk}
        client.post(edit, posted(purchase(), name="All", **{"action-publish": "1"}), **ENGLISH)
        assert members_of(segment) == set()

    def test_half_finished_draft_is_kept(self, chief, client, prefecture):
        add = reverse("crm_segment:add")
        client.post(add, posted(attribute(prefecture, "is", ""), name="Half"), **ENGLISH)
        segment = Segment.objects.get(name="Half")
        data = posted(attribute(prefecture, "is", ""), name="Half", **{"action-publish": "1"})
        client.post(reverse("crm_segment:edit", args=[segment.pk]), data, **ENGLISH)
        segment.refresh_from_db()
        assert segment.live is False

    def test_circle_is_refused(self, chief, client):
        first = make_segment(name="First")
        second = make_segment(in_segment(first), name="Second")
        edit = reverse("crm_segment:edit", args=[first.pk])
        response = client.post(edit, posted(in_segment(second), name="First"), **ENGLISH)
        assert response.context["form"].errors["rules"] == [
            "A segment cannot depend on itself: “First” → “Second” → “First”. "
            "Remove one of these rules."
        ]

    def test_copy_is_a_new_segment_and_needs_a_name_of_its_own(self, chief, client):
        segment = make_segment(behaviour("login"), name="Fans")
        copy = client.get(reverse("crm_segment:copy", args=[segment.pk]), **ENGLISH)
        add = reverse("crm_segment:add")
        assert copy.context["action_url"] == add
        response = client.post(add, posted(behaviour("login"), name="Fans"), **ENGLISH)
        assert "name" in response.context["form"].errors
        client.post(add, posted(behaviour("login"), name="More fans"), **ENGLISH)
        assert Segment.objects.filter(name="More fans").count() == 1

    def test_editor_has_the_panel_and_no_inline_script(self, chief, client):
        html = client.get(reverse("crm_segment:add"), **ENGLISH).content.decode()
        assert 'data-crm-segment-count-url-value="/admin/crm/segment/count/"' in html
        assert html.count("wagtail_crm/segments/editor.js") == 1
        assert html.count("wagtail_crm/segments/admin.css") == 1
        assert 'data-side-panel="crm-count"' in html


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


class TestDeleting:
    def test_used_segment_stays_and_its_use_is_shown(self, chief, client):
        used = make_segment(name="Used")
        make_segment(in_segment(used), name="User")
        url = reverse("crm_segment:delete", args=[used.pk])
        for send in (client.get, client.post):
            response = send(url, **ENGLISH)
            assert response.url == reverse("crm_segment:usage", args=[used.pk])
        html = client.get(response.url, **ENGLISH).content.decode()
        assert "“Used” is used in 1 place and was not deleted. Remove it there first." in html
        assert "User" in html
        assert Segment.objects.filter(pk=used.pk).exists()

    def test_unused_segment_goes(self, chief, client):
        segment = make_segment()
        url = reverse("crm_segment:delete", args=[segment.pk])
        assert client.get(url).status_code == 200
        client.post(url)
        assert Segment.objects.count() == 0

    def test_in_bulk_nothing_goes_when_one_is_used(self, chief, client):
        used = make_segment(name="Used")
        make_segment(in_segment(used), name="User")
        free = make_segment(name="Free")
        url = reverse("wagtail_bulk_action", args=["wagtail_crm_segments", "segment", "delete"])
        client.post(f"{url}?id={used.pk}&id={free.pk}&next=/admin/", **ENGLISH)
        assert set(Segment.objects.values_list("name", flat=True)) == {"Used", "User", "Free"}
        client.post(f"{url}?id={free.pk}&next=/admin/", **ENGLISH)
        assert not Segment.objects.filter(name="Free").exists()

    def test_references_are_found_at_any_depth(self):
        used = make_segment(name="Used")
        make_segment(group("any", group("none", in_segment(used))))
        assert ReferenceIndex.get_references_to(used).count() == 1


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


def test_member_page_shows_the_segments(chief, client):
    member = make_member()
    segment = make_segment(name="Fans")
    make_segment(name="Draft", publish=False)
    html = client.get(f"/admin/crm/member/inspect/{member.pk}/", **ENGLISH).content.decode()
    assert f'<a href="/admin/crm/segment/inspect/{segment.pk}/">Fans</a>' in html
    assert "Draft</a>" not in html
