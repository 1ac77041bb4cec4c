import datetime
import logging

import pytest
from django.db import connection
from django.template import TemplateSyntaxError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageViewRestriction

from tests.members.factories import make_attribute, make_registered_member
from tests.personalize.factories import (
    make_page,
    make_product,
    make_request,
    make_segment,
    render,
    root_page,
)
from wagtail_crm.loyalty.ledger import NewEntry, book
from wagtail_crm.personalize.names import segment_names
from wagtail_crm.personalize.words import build_words
from wagtail_crm.segments.models import Segment
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.ingest import write_events
from wagtail_crm.tracking.models import Visitor

pytestmark = pytest.mark.django_db
BLOCK = '{% segment "Gold" %}gold{% else %}others{% endsegment %}'


@pytest.fixture(autouse=True)
def _names_unread():
    segment_names.forget()


def test_segment_shows_its_content_to_its_members():
    inside, outside = make_registered_member(), make_registered_member()
    make_segment("Gold", inside)
    shown = [render(BLOCK, make_request(who)) for who in (inside, outside, None)]
    assert shown == ["gold", "others", "others"]


def test_segment_without_else_shows_nothing_to_others():
    make_segment("Gold")
    assert render('{% segment "Gold" %}gold{% endsegment %}', make_request()) == ""


def test_segment_takes_any_of_several_names_and_variables():
    member = make_registered_member()
    baker = make_segment("Bakers", member)
    source = "{% segment 'Gold' name %}yes{% endsegment %}"
    assert render(source, make_request(member), name="Bakers") == "yes"
    assert render(source, make_request(member), name=baker) == "yes"
    assert render(source, make_request(member), name=None) == ""


@pytest.mark.parametrize("spelling", ["gold  members", "ＧＯＬＤ MEMBERS", " Gold Members "])
def test_segment_forgives_case_width_and_spaces(spelling):
    member = make_registered_member()
    make_segment("Gold Members", member)
    source = "{% segment name %}yes{% endsegment %}"
    assert render(source, make_request(member), name=spelling) == "yes"


def test_a_deleted_segment_has_nobody_in_it_and_is_logged_once(caplog):
    member = make_registered_member()
    gold = make_segment("Gold", member)
    request = make_request(member)
    assert render(BLOCK, request) == "gold"
    gold.delete()
    with caplog.at_level(logging.WARNING, "wagtail_crm"):
        assert render(BLOCK, request) == "others"
        assert render(BLOCK, request) == "others"
    assert [record.getMessage() for record in caplog.records] == [
        "A template names the segment 'Gold', which does not exist."
    ]


def test_a_name_that_was_never_there_is_logged_once_and_not_per_request(caplog):
    member = make_registered_member()
    source = '{% segment "Typing eror" %}yes{% else %}others{% endsegment %}'
    with caplog.at_level(logging.WARNING, "wagtail_crm"):
        shown = [render(source, make_request(who)) for who in (member, None, member)]
    with CaptureQueriesContext(connection) as queries:
        render(source, make_request())
    assert (shown, len(caplog.records), len(queries)) == (["others"] * 3, 1, 0)


def test_an_unpublished_segment_has_nobody_in_it():
    member = make_registered_member()
    make_segment("Gold", member, live=False)
    assert render(BLOCK, make_request(member)) == "others"


def test_a_renamed_segment_is_found_by_its_new_name():
    member = make_registered_member()
    gold = make_segment("Gold", member)
    request = make_request(member)
    assert render(BLOCK, request) == "gold"
    gold.name = "Platinum"
    gold.save_revision().publish()
    assert render(BLOCK, request) == "others"
    assert render('{% segment "Platinum" %}yes{% endsegment %}', request) == "yes"


def test_segment_needs_a_name():
    with pytest.raises(TemplateSyntaxError, match="needs the name"):
        render("{% segment %}{% endsegment %}", make_request())


def test_tags_work_without_a_request():
    assert render(BLOCK + '{% member_field "name" default="you" %}', None) == "othersyou"


def test_member_field_is_escaped_and_has_a_default():
    member = make_registered_member(family_name="<b>田中", language="ja")
    source = '{% member_field "family_name" default="you" %}|{% member_field "code" default="–" %}'
    assert render(source, make_request(member)) == "&lt;b&gt;田中|–"
    assert render(source, make_request()) == "you|–"


def test_member_field_knows_attributes_in_the_language_of_the_member():
    make_attribute("mail_ok", type="boolean")
    member = make_registered_member(language="ja", attributes={"mail_ok": True})
    assert build_words([member.pk])[member.pk]["attributes.mail_ok"] == "はい"
    source = '{% member_field "attributes.mail_ok" %}'
    assert render(source, make_request(member)) == "はい"


def test_member_field_refuses_what_is_not_in_the_list():
    with pytest.raises(TemplateSyntaxError, match="There is no member field 'password'"):
        render('{% member_field "password" %}', make_request())


def test_the_words_of_many_members_cost_no_more_queries_than_those_of_one():
    members = [make_registered_member() for _number in range(3)]
    for member in members:
        book([NewEntry(f"k{member.pk}", member.pk, 1200)])
    with CaptureQueriesContext(connection) as one:
        build_words([members[0].pk])
    with CaptureQueriesContext(connection) as many:
        found = build_words([member.pk for member in members])
    assert len(one) == len(many)
    assert [found[member.pk]["points"] for member in members] == ["1,200"] * 3


def test_a_warm_page_of_a_member_costs_no_query(django_assert_num_queries):
    member = make_registered_member(family_name="田中")
    make_segment("Gold", member)
    source = BLOCK * 3 + '{% member_field "family_name" %}'
    render(source, make_request(member))
    with django_assert_num_queries(0):
        assert render(source, make_request(member)) == "goldgoldgold田中"


def view(page, member=None, visitor=None, minutes_ago=0):
    at = timezone.now() - datetime.timedelta(minutes=minutes_ago)
    who = {"member_id": member.pk} if member else {}
    who |= {"visitor_id": visitor.pk} if visitor else {}
    write_events([NewEvent(kind="page_view", page_id=page.pk, at=at, **who)])


def titles(source, request, **context):
    loop = source + "{% for page in pages %}{{ page.title }} {% endfor %}"
    return render(loop, request, **context).split()


def test_recently_viewed_pages_are_the_members_own_newest_first():
    member, other = make_registered_member(), make_registered_member()
    a, b, c = (make_page(title) for title in "ABC")
    for page, minutes in ((a, 9), (b, 5), (a, 1)):
        view(page, member, minutes_ago=minutes)
    view(c, other)
    source = "{% recently_viewed 5 as pages %}"
    assert titles(source, make_request(member)) == ["A", "B"]
    assert titles(source, make_request(member), page=a) == ["B"]
    assert titles("{% recently_viewed 1 as pages %}", make_request(member)) == ["A"]
    assert titles(source, make_request()) == []


def test_recently_viewed_pages_of_a_browser_that_agreed():
    visitor = Visitor.objects.create()
    view(make_page("A"), visitor=visitor)
    cookies = {"crm_consent": "1:yes", "crm_visitor": str(visitor.pk)}
    source = "{% recently_viewed 5 as pages %}"
    assert titles(source, make_request(cookies=cookies)) == ["A"]
    cookies["crm_consent"] = "1:no"
    assert titles(source, make_request(cookies=cookies)) == []


def test_recently_viewed_leaves_out_what_is_gone_or_not_for_this_eye():
    member = make_registered_member()
    live, draft, private = make_page("A"), make_page("B"), make_page("C")
    below = make_page("D", parent=private)
    for page in (live, draft, private, below):
        view(page, member)
    draft.unpublish()
    PageViewRestriction.objects.create(
        page=private, restriction_type=PageViewRestriction.PASSWORD, password="secret"
    )
    assert titles("{% recently_viewed 5 as pages %}", make_request(member)) == ["A"]


def test_recently_viewed_of_one_type():
    member = make_registered_member()
    view(make_page("A"), member)
    view(make_product("B"), member)
    source = '{% recently_viewed 5 type="shop.ProductPage" as pages %}'
    assert titles(source, make_request(member)) == ["B"]


def test_popular_pages_are_those_seen_most_lately_on_this_site():
    a, b, old = make_page("A"), make_page("B"), make_page("Old")
    elsewhere = root_page().get_parent().add_child(instance=type(a)(title="Elsewhere", slug="else"))
    for page, times in ((a, 1), (b, 2), (elsewhere, 5)):
        for _time in range(times):
            view(page)
    view(old, minutes_ago=60 * 24 * 8)
    source = "{% popular_pages 5 days=7 as pages %}"
    assert titles(source, make_request()) == ["B", "A"]
    assert titles(source, make_request(), page=b) == ["A"]


def test_popular_pages_are_counted_once_in_a_while():
    view(make_page("A"))
    source = "{% popular_pages 5 as pages %}"
    titles(source, make_request())
    with CaptureQueriesContext(connection) as captured:
        assert titles(source, make_request()) == ["A"]
    assert not [query for query in captured if "dailytotal" in query["sql"]]


@pytest.mark.parametrize("number", [1, 3])
def test_pages_cost_the_same_queries_however_many(number):
    for _number in range(number):
        view(make_page("A"))
    source = "{% popular_pages 5 as pages %}"
    titles(source, make_request())
    with CaptureQueriesContext(connection) as captured:
        assert len(titles(source, make_request())) == number
    # The pages, their type, what is restricted, and the site.
    assert len(captured) <= 4


def test_names_are_read_again_for_other_processes(monkeypatch):
    member = make_registered_member()
    gold = make_segment("Gold", member)
    assert segment_names.id_of("Gold") == gold.pk
    Segment.objects.filter(pk=gold.pk).update(name="Silver")
    assert segment_names.id_of("Gold") == gold.pk
    monkeypatch.setattr("wagtail_crm.personalize.names.FRESH_FOR", -1.0)
    assert segment_names.id_of("Gold") is None
