"""The filter "in segment" of the list of members."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.members.factories import make_member
from tests.segments.factories import attribute, make_segment
from wagtail_crm.members.models import Member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]
LIST = "/admin/crm/member/"


@pytest.fixture
def in_prefecture(prefecture):
    """A live segment of those who live there."""
    return lambda place: make_segment(attribute(prefecture, "is", place), name=f"In {place}")


def names(response):
    return sorted(str(member) for member in response.context["object_list"])


def make_people():
    for name, place in (("Ann", "Tokyo"), ("Ben", "Osaka"), ("Cid", None)):
        make_member(given_name=name, attributes={"prefecture": place} if place else {})


def test_shows_who_is_in_any_of_the_segments(chief, client, in_prefecture):
    tokyo, osaka = in_prefecture("Tokyo"), in_prefecture("Osaka")
    make_people()

    assert names(client.get(LIST, {"segment": tokyo.pk})) == ["Ann"]
    assert names(client.get(LIST, {"segment": [tokyo.pk, osaka.pk]})) == ["Ann", "Ben"]
    assert names(client.get(LIST, {"segment": tokyo.pk, "q": "Ben"})) == []
    assert names(client.get(LIST)) == ["Ann", "Ben", "Cid"]


def test_all_found_by_it_can_be_tagged(chief, client, in_prefecture):
    tokyo = in_prefecture("Tokyo")
    make_people()

    client.post(
        f"/admin/bulk/wagtail_crm_members/member/tag/?segment={tokyo.pk}&id=all&next={LIST}",
        {"add": "VIP"},
    )

    tagged = {str(member): member.tag_names for member in Member.objects.all()}
    assert tagged == {"Ann": ["VIP"], "Ben": [], "Cid": []}


def test_the_page_of_a_segment_leads_there(chief, client, in_prefecture):
    tokyo = in_prefecture("Tokyo")
    address = f"{LIST}?segment={tokyo.pk}"
    page = f"/admin/crm/segment/inspect/{tokyo.pk}/"

    assert address not in client.get(page).text
    make_people()
    assert address in client.get(page).text
    assert names(client.get(address)) == ["Ann"]


def test_offers_live_segments_only(chief, client, prefecture):
    make_segment(name="Live")
    make_segment(name="Draft", publish=False)

    filters = client.get(LIST).context["filters"]

    assert [str(each) for each in filters.form.fields["segment"].queryset] == ["Live"]


def test_says_nothing_of_segments_to_those_who_may_not_see_them(editor, client, in_prefecture):
    tokyo = in_prefecture("Tokyo")
    make_people()
    user = editor(members=["view"])

    assert "In Tokyo" not in client.get(LIST).text
    assert "In Tokyo" not in client.get(LIST, {"segment": tokyo.pk}).text

    user.user_permissions.add(Permission.objects.get(codename="view_segment"))
    assert "In Tokyo" in client.get(LIST).text


def test_costs_the_same_for_one_and_for_three(chief, client):
    def queries(*segments):
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST, {"segment": [segment.pk for segment in segments]})
        return len(asked)

    make_member()
    one = make_segment(name="One")
    queries(one)
    first = queries(one)
    for name in ("Two", "Three"):
        make_member()
        make_segment(name=name)
    others = [make_segment(name=name) for name in ("Four", "Five")]
    assert queries(one, *others) == first
