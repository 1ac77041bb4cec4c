"""What the list of members and its filters ask the database, and that they find the right ones."""

import pytest
from bs4 import BeautifulSoup

from tests.members.factories import make_attribute, make_member, make_user
from tests.members.test_listing import LIST, edit_url, names
from wagtail_crm.members import actions
from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Segment

pytestmark = pytest.mark.django_db

FILTERS = {
    "nothing": {},
    "search": {"q": "田中 さん"},
    "status": {"status": "prospect"},
    "language": {"language": "ja"},
    "consent": {"consent": "email"},
    "no consent": {"consent": "-email"},
    "registered": {"registered_at_from": "2020-01-01"},
    "seen": {"last_seen_at_to": "2020-01-01"},
    "attribute": {"attribute_prefecture": "Tokyo"},
    "order": {"ordering": "-last_seen_at"},
}


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("query", FILTERS)
def test_each_filter_asks_at_most_fifteen_questions(
    editor, query, number, django_assert_max_num_queries
):
    make_attribute(type="choice", choices="Tokyo")
    for _n in range(number):
        make_member(language="ja", family_name="田中さん", attributes={"prefecture": "Tokyo"})
    editor.get(LIST, FILTERS[query])
    with django_assert_max_num_queries(15):
        editor.get(LIST, FILTERS[query])


@pytest.mark.parametrize("number", [1, 3])
def test_filters_by_what_others_made_ask_at_most_fifteen_questions(
    editor, number, django_assert_max_num_queries
):
    owner = make_user(is_staff=True, is_superuser=True)
    members = [make_member(owner=owner) for _n in range(number)]
    actions.tag_members(members=members, add=["VIP", "Tokyo", "Kyoto"][:number])
    tag = members[0].tagged_items.first().tag_id
    segment = Segment.objects.create(name="All", live=True)
    for query in ({"tag": tag}, {"owner": owner.pk}, {"segment": segment.pk}):
        editor.get(LIST, query)
        with django_assert_max_num_queries(15):
            editor.get(LIST, query)


def test_the_form_of_a_member_asks_at_most_fifteen_questions(editor, django_assert_max_num_queries):
    member = make_member(owner=make_user(is_staff=True, is_superuser=True))
    actions.tag_members(members=[member], add=["VIP", "Tokyo", "Kyoto"])
    editor.get(edit_url(member))
    with django_assert_max_num_queries(15):
        editor.get(edit_url(member))


def test_owners_that_own_somebody_are_offered(editor):
    make_user("idle@example.jp", is_staff=True, is_superuser=True)
    owner = make_user("busy@example.jp", is_staff=True, is_superuser=True)
    for _n in range(2):
        make_member(owner=owner)
    make_member(owner=make_user("other@example.jp", is_staff=True, is_superuser=True))
    page = BeautifulSoup(editor.get(LIST).content, "html.parser")
    assert [box["value"] for box in page.find_all("input", {"name": "owner"})] == [
        str(owner.pk),
        str(Member.objects.latest("pk").owner_id),
    ]


def test_search_follows_what_is_changed_and_forgets_who_is_gone(editor):
    member = make_member(family_name="田中")
    actions.update_member(member=member, fields={"family_name": "高橋"})
    assert (names(editor.get(LIST, {"q": "田中"})), names(editor.get(LIST, {"q": "高橋"}))) == (
        [],
        ["高橋"],
    )
    Member.objects.all().delete()
    assert names(editor.get(LIST, {"q": "高橋"})) == []


@pytest.mark.parametrize("choice", ["a, b=c", "長" * 300, 'O\'Hara "x"'])
def test_choices_are_found_whatever_is_in_them(editor, choice):
    make_attribute("one", type="choice", choices=f"{choice}\nother")
    make_attribute("many", type="choices", choices=f"{choice}\nother")
    make_member(family_name="One", attributes={"one": choice})
    make_member(family_name="Many", attributes={"many": ["other", choice]})
    make_member(family_name="Other", attributes={"one": "other", "many": ["other"]})
    found = [names(editor.get(LIST, {f"attribute_{key}": choice})) for key in ("one", "many")]
    assert found == [["One"], ["Many"]]
