import datetime
from decimal import Decimal

import pytest

from tests.members.factories import make_member
from tests.tracking.factories import make_page, make_site
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.importing.events import EventImporter
from wagtail_crm.tracking.importing.pages import path_of
from wagtail_crm.tracking.kinds import event_kinds
from wagtail_crm.tracking.models import DailyTotal, Event, Visitor

pytestmark = pytest.mark.django_db
WORDS = "at=at,kind=kind,code=who,visitor=browser,url=url"
HEADER = "at,kind,who,browser,url\n"


@pytest.fixture
def load_events(load_facts):
    make_site()

    def run(lines, words=WORDS, header=HEADER, **settings):
        return load_facts(EventImporter, header + lines, words, **settings)

    return run


def test_a_view_finds_its_page(load_events):
    page = make_page("Bread", slug="bread")
    kim = make_member(code="K1")

    load_events(
        "2026-01-31T10:05:00Z,page_view,K1,,https://shop.example/bread/?token=secret\n"
        "2026-01-31T10:06:00Z,page_view,K1,,/ja/bread\n"
        "2026-01-31T10:07:00Z,page_view,K1,,/gone/?token=secret\n"
    )

    events = Event.objects.order_by("at").values_list("member_id", "page_id", "data")
    assert list(events) == [
        (kim.pk, page.pk, {"import": "events"}),
        (kim.pk, page.pk, {"import": "events"}),
        (kim.pk, 0, {"import": "events", "path": "/gone/"}),
    ]
    assert DailyTotal.objects.get(page=page.pk).count == 2
    kim.refresh_from_db()
    assert kim.last_seen_at == datetime.datetime(2026, 1, 31, 10, tzinfo=datetime.UTC)


def test_a_page_that_is_not_ours_is_shown_by_its_path(load_events):
    load_events("2026-01-31T10:05:00Z,page_view,K1,,/gone/\n")

    assert event_kinds["page_view"].details(Event.objects.get()) == "/gone/"


def test_a_page_that_is_not_live_is_not_found(load_events):
    make_page("Bread", slug="bread", live=False)

    load_events("2026-01-31T10:05:00Z,page_view,K1,,/bread/\n")

    assert Event.objects.get().page_id == 0


def test_browsers_without_a_name_are_visitors(load_events):
    load_events(
        "2026-01-31T10:05:00Z,page_view,,s1,/\n2026-01-31T10:06:00Z,page_view,,s1,/\n"
        "2026-01-31T10:07:00Z,page_view,,s2,/\n2026-01-31T10:08:00Z,page_view,K1,s1,/\n"
    )

    assert Visitor.objects.count() == 2
    owned = Event.objects.exclude(member_id=0).get()
    assert (owned.member_id, owned.visitor_id) == (Member.objects.get().pk, None)
    assert Event.objects.filter(visitor__isnull=False).count() == 3


def test_the_same_file_twice_is_the_same_events(load_events):
    lines = (
        "2026-01-31,page_view,K1,,/a\n2026-01-31,page_view,K1,,/a\n2026-01-31,page_view,,s1,/a\n"
    )
    assert load_events(lines).fates == {"new": 3, "same": 0}
    before = [list(model.objects.order_by("pk").values()) for model in (Event, Visitor, DailyTotal)]

    assert load_events(lines).fates == {"new": 0, "same": 3}

    after = [list(model.objects.order_by("pk").values()) for model in (Event, Visitor, DailyTotal)]
    assert after == before


def test_an_id_of_its_own_makes_an_event_known(load_events):
    words, header = (
        "at=at,kind=kind,code=who,id=id,subject=what,amount=sum",
        "at,kind,who,id,what,sum\n",
    )
    load_events("2026-01-31,purchase,K1,e1,order:7,9.5\n", words, header)

    outcome = load_events("2026-01-31,purchase,K1,e1,order:8,9.5\n", words, header)

    assert outcome.fates == {"new": 0, "same": 1}
    assert Event.objects.values_list("subject", "value").get() == ("order:7", Decimal("9.5"))


def test_lines_that_make_no_event_are_refused(load_events, refusals):
    outcome = load_events(
        "2026-01-31,dance,K1,,/\n2026-01-31,,K1,,/\n2026-01-31,page_view,,,/\n"
        "2026-01-31,page_view,K1,,http://[x/\n,page_view,K1,,/\n"
    )

    unknown = "Not a kind of event; the mapping can translate it"
    assert refusals(outcome) == {
        2: (unknown, "kind", "dance"),
        3: (unknown, "kind", ""),
        4: ("Nobody is named who did it", "who", ""),
        5: ("Not an address of a page", "url", "http://[x/"),
        6: ("No date", "at", ""),
    }
    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://a.example/b/c/?d=e#f", "/b/c/"),
        ("/%E3%83%91%E3%83%B3/", "/パン/"),
        ("bread", "bread"),
        ("", ""),
    ],
)
def test_path_of(url, path):
    assert path_of(url) == path
