"""The screens of static segments."""

import gzip
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.members.factories import make_member
from tests.segments.factories import make_segment, members_of
from tests.segments.posting import ENGLISH
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.static import add_members, create_static_segment

# Wagtail leads people who may not to its home, and tells scripts so.
ASKED = ENGLISH | {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


@pytest.fixture
def people():
    return [make_member(email=f"m{number}@example.jp") for number in range(3)]


@pytest.fixture
def guests(db):
    return create_static_segment(name="Guests")


def get(client, name, /, *arguments):
    return client.get(reverse(name, args=arguments), **ASKED)


def post(client, name, /, *arguments, **data):
    return client.post(reverse(name, args=arguments), data, **ASKED)


def file(text):
    return SimpleUploadedFile("people.csv", text.encode())


class TestNew:
    def test_is_made_empty(self, chief, client):
        response = post(client, "crm_segment_static", name="Guests")

        guests = Segment.objects.get()
        assert (guests.kind, guests.live) == ("static", True)
        assert response["Location"] == reverse("crm_segment:inspect", args=[guests.pk])
        assert "Nobody is in it yet." in get(client, "crm_segment:inspect", guests.pk).text

    def test_is_filled_from_a_file(self, chief, client, people):
        html = post(
            client, "crm_segment_static", name="Guests", file=file("m0@example.jp\nm9@example.jp\n")
        ).text

        assert members_of(Segment.objects.get()) == {people[0].pk}
        assert "<strong>1</strong> member was added" in html
        assert "Nobody in the list has this e-mail address" in html

    def test_a_file_that_is_none_makes_no_segment(self, chief, client):
        html = post(client, "crm_segment_static", name="Guests", file=file("a,b\n1,2\n")).text

        assert "No column is named" in html
        assert Segment.objects.count() == 0

    def test_a_name_is_taken_once(self, chief, client, guests):
        assert (
            "There is a segment of this name."
            in post(client, "crm_segment_static", name="Guests").text
        )


class TestPage:
    def test_members_are_added_and_taken_out(self, chief, client, guests, people):
        post(client, "crm_segment_members", guests.pk, add="", member=[p.pk for p in people])
        assert members_of(guests) == {p.pk for p in people}

        post(client, "crm_segment_members", guests.pk, remove="", member=[people[0].pk])
        assert members_of(guests) == {p.pk for p in people[1:]}

    def test_has_no_rules_to_edit(self, chief, client, guests):
        url = reverse("crm_segment:inspect", args=[guests.pk])

        assert get(client, "crm_segment:edit", guests.pk)["Location"] == url
        assert post(client, "crm_segment:unpublish", guests.pk)["Location"] == url
        assert Segment.objects.get().live
        freeze = reverse("crm_segment_freeze", args=[guests.pk])
        assert get(client, "crm_segment:copy", guests.pk)["Location"] == freeze
        assert "Refresh now" not in client.get(url, **ASKED).text

    def test_is_renamed(self, chief, client, guests):
        create_static_segment(name="Taken")

        refused = post(client, "crm_segment_rename", guests.pk, name="Taken")
        assert "There is a segment of this name." in refused.text
        post(client, "crm_segment_rename", guests.pk, name="Friends")

        assert set(Segment.objects.values_list("name", flat=True)) == {"Taken", "Friends"}

    def test_more_come_from_a_file(self, chief, client, guests, people):
        post(client, "crm_segment_upload", guests.pk, file=file("email\nm1@example.jp\n"))

        assert members_of(guests) == {people[1].pk}

    @pytest.mark.parametrize("number", ["9" * 18, str(2**63), "9" * 5000, "-1", "x", ""])
    def test_a_number_that_is_nobodys_adds_nobody(self, chief, client, guests, people, number):
        chosen = [number, people[0].pk]

        response = post(client, "crm_segment_members", guests.pk, add="", member=chosen)

        assert response.status_code == 302
        assert members_of(guests) == {people[0].pk}

    def test_a_compressed_file_is_not_unpacked(self, chief, client, guests, people):
        packed = SimpleUploadedFile("people.csv", gzip.compress(b"m1@example.jp\n"))

        page = post(client, "crm_segment_upload", guests.pk, file=packed)

        assert "The file is compressed: unpack it first." in page.text
        assert members_of(guests) == set()

    def test_a_file_may_have_a_long_name(self, chief, client, guests, people):
        long = SimpleUploadedFile("あ" * 150 + ".csv", b"m1@example.jp\n")

        post(client, "crm_segment_upload", guests.pk, file=long)

        assert members_of(guests) == {people[1].pk}

    def test_who_may_not_see_members_cannot_ask_who_there_is(self, editor, client, guests, people):
        editor("view", "change")

        for name in ("crm_segment_upload", "crm_segment_members"):
            sent = post(
                client, name, guests.pk, file=file("m1@example.jp\n"), member=[people[0].pk]
            )
            assert sent.status_code == 403
        assert members_of(guests) == set()

    def test_a_segment_by_rules_has_none_of_this(self, chief, client):
        segment = make_segment(name="Rules")

        for name in ("crm_segment_upload", "crm_segment_rename"):
            assert get(client, name, segment.pk).status_code == 404
        assert post(client, "crm_segment_members", segment.pk, member=["1"]).status_code == 404

    def test_costs_the_same_for_one_and_for_three(self, chief, client, guests, people):
        numbers = []
        for some in (people[:1], people[1:]):
            add_members(segment=guests, member_ids=[person.pk for person in some])
            with CaptureQueriesContext(connection) as queries:
                get(client, "crm_segment:inspect", guests.pk)
            numbers.append(len(queries))

        assert numbers[0] == numbers[1]

    def test_is_changed_only_with_permission(self, editor, client, guests, people):
        editor("view", members=["view"])

        page = get(client, "crm_segment:inspect", guests.pk)
        assert "Add from a file" not in page.text
        for name in ("crm_segment_upload", "crm_segment_rename"):
            assert get(client, name, guests.pk).status_code == 403
        assert (
            post(client, "crm_segment_members", guests.pk, add="", member=["1"]).status_code == 403
        )
        assert get(client, "crm_segment_static").status_code == 403


class TestFreeze:
    def test_keeps_who_is_in_it_now(self, chief, client, people):
        segment = make_segment(name="Everybody")

        response = post(
            client, "crm_segment_freeze", segment.pk, name="In autumn", key=uuid.uuid4()
        )
        make_member()

        copy = Segment.objects.get(name="In autumn")
        assert response["Location"] == reverse("crm_segment:inspect", args=[copy.pk])
        assert (copy.kind, copy.size) == ("static", 3)
        assert members_of(copy) == {person.pk for person in people}

    def test_a_second_copy_of_a_day_has_a_name_of_its_own(self, chief, client):
        segment, names = make_segment(name="Everybody"), []
        for _time in range(3):
            name = get(client, "crm_segment_freeze", segment.pk).context["form"].initial["name"]
            post(client, "crm_segment_freeze", segment.pk, name=name, key=uuid.uuid4())
            names.append(name)

        start = f"Everybody ({timezone.localdate().isoformat()}"
        assert names == [f"{start})", f"{start}, 2)", f"{start}, 3)"]
        assert set(Segment.objects.static().values_list("name", flat=True)) == set(names)

    def test_twice_pressed_is_one_copy(self, chief, client, people):
        segment, key = make_segment(name="Everybody"), uuid.uuid4()

        first, second = (
            post(client, "crm_segment_freeze", segment.pk, name="Copy", key=key)
            for _time in range(2)
        )

        assert first["Location"] == second["Location"]
        assert Segment.objects.count() == 2

    @pytest.mark.parametrize(("rights", "name"), [(["add"], "inspect"), (["add", "change"], "run")])
    def test_while_it_is_made_one_is_led_where_one_may_look(
        self, editor, client, people, settings, rights, name
    ):
        settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"RUN_AT_ONCE": 2, "USE_WORKERS": False}
        editor(*rights, members=["view"])
        segment = make_segment(name="Everybody")

        response = post(client, "crm_segment_freeze", segment.pk, name="Copy", key=uuid.uuid4())

        assert f"/{name}/".replace("/run/", "/segmentrun/") in response["Location"]
        assert client.get(response["Location"], **ASKED).status_code == 200


class TestBulk:
    def bulk(self, *people):
        url = "/admin/bulk/wagtail_crm_members/member/static_segment/"
        return f"{url}?{'&'.join(f'id={person.pk}' for person in people)}&next=/admin/"

    def test_ticked_members_come_into_one_that_is_there(self, chief, client, guests, people):
        client.post(self.bulk(*people[:2]), {"target": guests.pk, "name": ""}, **ASKED)

        assert members_of(guests) == {person.pk for person in people[:2]}

    def test_or_into_a_new_one(self, chief, client, people):
        client.post(self.bulk(*people), {"target": "", "name": "Guests"}, **ASKED)

        assert members_of(Segment.objects.get(name="Guests")) == {p.pk for p in people}

    def test_one_of_them_has_to_be_said(self, chief, client, people):
        html = client.post(self.bulk(*people), {"target": "", "name": ""}, **ASKED).text

        assert "Choose a segment, or name a new one." in html

    def test_needs_permission(self, editor, client, guests, people):
        editor("view", members=["view", "change"])

        response = client.post(self.bulk(*people), {"target": guests.pk, "name": ""}, **ASKED)

        assert (response.status_code, members_of(guests)) == (403, set())


def test_the_list_can_be_filtered_by_kind(chief, client, guests):
    make_segment(name="Rules")

    def found(kind):
        response = client.get(reverse("crm_segment:list_results"), {"kind": kind}, **ASKED)
        return [segment.name for segment in response.context["object_list"]]

    assert (found("static"), found("rules")) == (["Guests"], ["Rules"])
