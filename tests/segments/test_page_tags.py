"""Tags of pages, in whatever table they are."""

import pytest
from wagtail.models import Locale, Page

from example.shop.models import ArticlePage
from tests.members.factories import make_member
from tests.segments.factories import behaviour, make_segment, members_of, record
from tests.segments.lives import tag_as_anything
from wagtail_crm.segments.pages import facts_of_pages
from wagtail_crm.segments.rules.page_tags import has_tag, names_of_page_tags, tags_of_pages

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages():
    """One keeps its tags in a table for pages, one where the tags of everything are."""
    root, locale = Page.objects.get(depth=1), Locale.objects.first()
    bread, tea = [
        root.add_child(instance=ArticlePage(title=name, slug=name, locale=locale))
        for name in ("bread", "tea")
    ]
    bread.tags.add("warm", "oven")
    bread.save()
    tag_as_anything(tea, "warm")
    tag_as_anything(tea, "cup")
    tag_as_anything(make_member(pk=tea.pk + 1000), "member")
    tag_as_anything(make_member(pk=bread.pk), "cup")  # no page, though it has its number
    return bread, tea


def test_both_are_found(pages):
    bread, tea = pages
    assert set(Page.objects.filter(has_tag("warm"))) == {bread.page_ptr, tea.page_ptr}
    assert set(Page.objects.filter(has_tag("cup"))) == {tea.page_ptr}
    assert tags_of_pages([bread.pk, tea.pk]) == {
        bread.pk: {"warm", "oven"},
        tea.pk: {"warm", "cup"},
    }
    assert names_of_page_tags() == ["cup", "oven", "warm"]


@pytest.mark.usefixtures("committing")
def test_members_follow_either(pages):
    kind, value = behaviour()
    segment = make_segment((kind, value | {"page_tag": "warm"}))
    members = [make_member(), make_member(), make_member()]
    for member, page in zip(members, [*pages, None], strict=True):
        record(member, page=page)
    assert members_of(segment) == {members[0].pk, members[1].pk}


@pytest.mark.parametrize("number", [1, 3])
def test_many_pages_ask_as_much_as_one(pages, number, django_assert_num_queries):
    ids = [pages[0].pk, pages[1].pk, pages[1].pk + 1][:number]
    facts_of_pages(ids)
    with django_assert_num_queries(3):
        assert len(facts_of_pages(ids)) == min(number, 2)
