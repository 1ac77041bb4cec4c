"""Pages move, go and get other tags: who was there is in the right segments at once."""

import pytest
from taggit.models import Tag, TaggedItem
from wagtail.models import Locale, Page

from example.shop.models import ArticlePage
from tests.members.factories import make_member
from tests.segments.factories import behaviour, make_segment, record
from tests.segments.lives import tag_as_anything
from tests.segments.three_ways import agreed
from wagtail_crm.segments import page_changes
from wagtail_crm.segments.compiled import live_segments
from wagtail_crm.segments.models import Segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


@pytest.fixture
def shop():
    """A section with two articles in it, and another section."""
    root, locale = Page.objects.get(depth=1), Locale.objects.first()
    section = root.add_child(instance=Page(title="Shop", slug="shop-x", locale=locale))
    articles = [
        section.add_child(instance=ArticlePage(title=name, slug=name, locale=locale))
        for name in ("bread", "tea")
    ]
    other = root.add_child(instance=Page(title="Other", slug="other", locale=locale))
    return section, *articles, other


def where(**value):
    kind, stored = behaviour()
    return kind, stored | value


def fresh(page):
    return Page.objects.get(pk=page.pk).specific


def tag(page, *names):
    """As an editor does: the tags of a page are published with it."""
    page = fresh(page)
    page.tags.set(list(names))
    page.save_revision().publish()


class TestGone:
    @pytest.mark.parametrize("most", [1000, 0])  # 0: too many were there, all are asked
    def test_what_was_done_below_a_page_that_is_named(self, shop, most, monkeypatch):
        monkeypatch.setattr(page_changes, "MANY", most)
        section, bread, tea, other = shop
        segments = [
            make_segment(behaviour(pages=[section])),
            make_segment(behaviour(pages=[section], comparison="at_most", times=1)),
            make_segment(where(page_type="shop.articlepage", times=2)),
            make_segment(where(page_language=bread.locale.language_code, times=3)),
        ]
        one, both = make_member(), make_member()
        for member, pages in ((one, [bread]), (both, [bread, tea, other])):
            for page in pages:
                record(member, page=page)
        assert [agreed(each) for each in segments] == [
            {one.pk, both.pk}, {one.pk}, {both.pk}, {both.pk}
        ]  # fmt: skip

        fresh(bread).delete()
        assert [agreed(each) for each in segments] == [
            {both.pk}, {one.pk, both.pk}, set(), set()
        ]  # fmt: skip

    @pytest.mark.parametrize("about", ["place", "type"])
    def test_for_a_segment_that_is_alone(self, shop, about):
        section, bread, *_others = shop
        rules = {"place": behaviour(pages=[section]), "type": where(page_type="shop.articlepage")}
        segment, member = make_segment(rules[about]), make_member()
        record(member, page=bread)
        assert agreed(segment) == {member.pk}
        fresh(bread).delete()
        assert agreed(segment) == set()

    def test_where_nobody_was_nothing_is_asked(self, shop):
        section, bread, tea, _other = shop
        make_segment(behaviour(pages=[section]))
        record(make_member(), page=tea)
        before = live_segments().stamp
        fresh(bread).delete()
        assert (live_segments().stamp, Segment.objects.waiting().count()) == (before, 0)


class TestTags:
    def test_put_on_and_taken_off(self, shop):
        _section, bread, tea, _other = shop
        tag(bread, "cold")
        segment = make_segment(where(page_tag="warm"))
        not_there = make_segment(where(page_tag="warm", comparison="never"))
        member = make_member()
        record(member, page=bread)
        for names, is_in in ((["warm", "cold"], True), (["cold"], False), (["warm"], True)):
            tag(bread, *names)
            assert (agreed(segment) == {member.pk}) is is_in
            assert (agreed(not_there) == {member.pk}) is not is_in
        tag(tea, "warm")
        assert agreed(segment) == {member.pk}

    def test_renamed_and_deleted(self, shop):
        bread = shop[1]
        tag(bread, "warm")
        segments = [make_segment(where(page_tag=name)) for name in ("warm", "hot")]
        member = make_member()
        record(member, page=bread)
        Tag.objects.get(name="warm").delete()
        assert [agreed(each) for each in segments] == [set(), set()]
        tag(bread, "warm")
        renamed = Tag.objects.get(name="warm")
        renamed.name = "hot"
        renamed.save()
        assert [agreed(each) for each in segments] == [set(), {member.pk}]

    def test_in_the_table_of_everything(self, shop):
        bread = shop[1]
        segment = make_segment(where(page_tag="warm"))
        member = make_member(pk=bread.pk)
        record(member, page=bread)
        tag_as_anything(member, "warm")
        assert agreed(segment) == set()
        tag_as_anything(bread, "warm")
        assert agreed(segment) == {member.pk}
        TaggedItem.objects.all().delete()
        assert agreed(segment) == set()

    def test_in_a_fixture_that_names_them_first(self, shop):
        row = TaggedItem(tag_id=404, content_object=shop[1])
        for each in (row, Tag(pk=404, name="warm", slug="warm")):
            each.save_base(raw=True)
        member = make_member()
        record(member, page=shop[1])
        assert agreed(make_segment(where(page_tag="warm"))) == {member.pk}


def test_a_page_without_those_below_it_may_be_narrowed_too(shop):
    section, bread, *_others = shop
    language = {"page_language": section.locale.language_code}
    kind, value = behaviour(pages=[section], below=False)
    segment = make_segment((kind, value | language))
    reader, other = make_member(), make_member()
    record(reader, page=section)
    record(other, page=bread)
    assert agreed(segment) == {reader.pk}


class TestPlaces:
    """What compiled rules remember of the place of a page, for visits, is read anew."""

    @pytest.mark.parametrize("moved", ["itself", "above", "beside"])
    def test_rules_about_the_current_page(self, shop, moved):
        section, bread, tea, other = shop
        named = tea
        visit = make_segment(("visit_page", {"pages": [named.pk], "below": True}))
        deed = make_segment(behaviour(pages=[named]))
        assert paths(visit, deed, named) == [fresh(named).path] * 2
        before = fresh(named).path
        if moved == "beside":  # the pages after the new place make room
            fresh(other).move(fresh(bread), pos="left")
        else:
            fresh(named if moved == "itself" else section).move(fresh(other), pos="last-child")
        assert fresh(named).path != before
        assert paths(visit, deed, named) == [fresh(named).path] * 2
        assert not Segment.objects.waiting().exists()


def paths(visit, deed, page):
    live = live_segments()
    return [*live.by_id[visit.pk].visit.rules[0].paths, live.pages[page.pk].path]
