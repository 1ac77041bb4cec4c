import datetime
import re
import uuid
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone, translation

from tests.members.factories import make_member, make_user
from tests.tracking.factories import make_page, make_site, view
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.kinds import event_kinds
from wagtail_crm.tracking.models import Event
from wagtail_crm.tracking.panels import activity_of
from wagtail_crm.tracking.timeline import PAGE_SIZE, Cursor, groups, kinds_of, timeline_of

pytestmark = pytest.mark.django_db
NOON = timezone.make_aware(datetime.datetime(2026, 3, 10, 12))


def lines(timeline):
    """[(day, [(label, details, count)])] of a timeline."""
    return [
        (day.isoformat(), [(str(e.kind.label), e.details, e.count) for e in entries])
        for day, entries in timeline.days
    ]


def minutes(number):
    return NOON + datetime.timedelta(minutes=number)


@pytest.fixture
def member():
    return make_member(family_name="田中")


@pytest.fixture
def bread():
    make_site()
    return make_page("Bread", slug="bread")


def test_newest_first_by_day_in_sentences(member, bread):
    record_events(
        events=[
            view(bread.pk, member_id=member.pk, at=NOON - datetime.timedelta(days=1)),
            NewEvent("login", member_id=member.pk, at=minutes(0)),
            NewEvent(
                "purchase",
                member_id=member.pk,
                at=minutes(5),
                value=Decimal(3200),
                data={"name": "Kit", "quantity": 2},
            ),
            view(bread.pk, at=minutes(6)),
        ]
    )
    with translation.override("en"):
        assert lines(timeline_of(member)) == [
            ("2026-03-10", [("Bought", "Kit × 2, ¥3,200", 1), ("Signed in", "", 1)]),
            ("2026-03-09", [("Viewed a page", "Bread", 1)]),
        ]


def test_repeats_of_a_page_fold_until_something_else_happens(member, bread):
    cake = make_page("Cake", slug="cake")
    pages = [bread, bread, bread, cake, bread]
    record_events(
        events=[view(page.pk, member_id=member.pk, at=minutes(n)) for n, page in enumerate(pages)]
    )
    with translation.override("en"):
        [(_day, entries)] = lines(timeline_of(member))
    assert [(details, count) for _label, details, count in entries] == [
        ("Bread", 1),
        ("Cake", 1),
        ("Bread", 3),
    ]


def test_other_repeats_do_not_fold(member):
    record_events(events=[NewEvent("login", member_id=member.pk, at=minutes(n)) for n in range(2)])
    [(_day, entries)] = timeline_of(member).days
    assert [entry.count for entry in entries] == [1, 1]


def test_days_are_those_of_the_editors_time_zone(member):
    at = datetime.datetime(2026, 3, 9, 20, tzinfo=datetime.UTC)
    record_events(events=[NewEvent("login", member_id=member.pk, at=at)])
    days = {}
    for zone in ("Asia/Tokyo", "Europe/London"):
        with timezone.override(zone):
            days[zone] = timeline_of(member).days[0][0].isoformat()
    assert days == {"Asia/Tokyo": "2026-03-10", "Europe/London": "2026-03-09"}


def test_an_entry_leads_to_its_page_while_there_is_one(member, bread):
    gone = make_page("Gone", slug="gone")
    record_events(events=[view(page.pk, member_id=member.pk, at=NOON) for page in (bread, gone)])
    gone.delete()
    [(_day, entries)] = timeline_of(member).days
    assert {entry.address for entry in entries} == {bread.url, ""}


def test_an_event_of_a_kind_nobody_registers_any_more_is_still_told(member):
    Event.objects.create(kind="fortune", member=member, at=NOON)
    [(_day, [entry])] = timeline_of(member).days
    assert str(entry.kind.label) == "Fortune"


def test_groups_are_the_chips_and_filter_their_kinds(member, bread):
    record_events(
        events=[
            view(bread.pk, member_id=member.pk, at=minutes(0)),
            NewEvent("search", member_id=member.pk, subject="rye", at=minutes(1)),
            NewEvent("login", member_id=member.pk, at=minutes(2)),
        ]
    )
    with translation.override("en"):
        visits = next(slug for slug, label in groups().items() if label == "Visits")
        assert {"page_view", "search", "download"} <= set(kinds_of(visits))
        assert "login" not in kinds_of(visits)
        [(_day, entries)] = lines(timeline_of(member, group=visits))
    assert [label for label, _details, _count in entries] == ["Searched the site", "Viewed a page"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bread", ["page_view"]),
        ("ライ麦", ["purchase"]),
        ("P08", ["purchase"]),
        ("Signed", ["login"]),
        ("%", []),
        ("nothing", []),
    ],
)
def test_search_looks_into_titles_subjects_data_and_kinds(member, bread, words, found):
    record_events(
        events=[
            view(bread.pk, member_id=member.pk, at=minutes(0)),
            NewEvent(
                "purchase",
                member_id=member.pk,
                subject="sku:P08",
                data={"name": "ライ麦粉"},
                at=minutes(1),
            ),
            NewEvent("login", member_id=member.pk, at=minutes(2)),
        ]
    )
    with translation.override("en"):
        days = timeline_of(member, words=words).days
    assert [entry.kind.slug for _day, entries in days for entry in entries] == found


def test_older_pages_continue_where_the_last_one_ended_even_at_one_moment(member):
    count = PAGE_SIZE * 2 + 5
    record_events(
        events=[NewEvent("login", member_id=member.pk, at=minutes(n // 70)) for n in range(count)]
    )
    sizes, before = [], None
    while True:
        page = timeline_of(member, before=before)
        sizes.append(sum(len(entries) for _day, entries in page.days))
        if not page.older:
            break
        before = Cursor.parse(page.older)
    assert sizes == [PAGE_SIZE, PAGE_SIZE, 5]


@pytest.mark.parametrize("text", ["", "x", "20260310T120000000000-", "-", "9" * 50])
def test_a_broken_cursor_is_no_cursor(text):
    assert Cursor.parse(text) is None


def test_weekly_views_end_today(member, django_assert_num_queries):
    now = timezone.now()
    for days, number in ((0, 2), (6, 1), (7, 4), (83, 3), (84, 9)):
        record_events(
            events=[
                view(member_id=member.pk, at=now - datetime.timedelta(days=days))
                for _n in range(number)
            ]
        )
    with django_assert_num_queries(1):
        activity = activity_of(member)
    assert activity.views == [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 3]
    assert (activity.spent, activity.last_purchase) == (None, None)


@pytest.fixture
def editor(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    client.cookies["django_language"] = "en"
    return client


def test_the_tab_draws_it_with_links_and_times(editor, member, bread):
    member.time_zone = "America/New_York"
    member.save()
    record_events(
        events=[
            view(bread.pk, member_id=member.pk, at=minutes(n), data={"device": "phone"})
            for n in range(3)
        ]
    )
    text = editor.get(reverse("crm_member:inspect", args=[member.pk])).text
    words = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "Viewed a page Bread 3 views phone" in words
    assert f'href="{bread.url}"' in text
    assert 'title="March 10, 2026, 12:02 p.m. (JST) · March 9, 2026, 11:02 p.m. (EDT)"' in text


@pytest.mark.parametrize(
    ("permission", "seen"),
    [
        ("view_surveyresponse", {"survey_answer"}),
        ("view_entry", {"points"}),
        ("view_campaign", {"mail_sent", "mail_click"}),
    ],
)
def test_the_timeline_says_no_more_than_the_other_tabs(client, member, permission, seen):
    kinds = ["login", "survey_answer", "points", "mail_sent", "mail_click"]
    record_events(events=[NewEvent(kind, member_id=member.pk) for kind in kinds])
    colleague = make_user(is_staff=True)
    names = ["access_admin", "view_member", permission]
    colleague.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(colleague)

    context = client.get(
        reverse("crm_member:inspect", args=[member.pk]), {"tab": "timeline"}
    ).context

    [(_day, entries)] = context["timeline"].days
    assert {entry.kind.slug for entry in entries} == {"login"} | seen
    assert {label for slug, label in context["groups"] if slug in {*kinds, *seen}} == {
        str(event_kinds[slug].group) for slug in seen
    }


def test_searching_for_a_sign_that_is_none(editor, member):
    url = reverse("crm_member:inspect", args=[member.pk])
    assert editor.get(url, {"tab": "timeline", "q": "\0"}).status_code == 200


def test_the_purchases_card_adds_up(editor, member):
    record_events(
        events=[
            NewEvent("purchase", member_id=member.pk, value=Decimal(3200), at=timezone.now()),
            NewEvent("purchase", member_id=member.pk, value=Decimal(800), at=timezone.now()),
        ]
    )
    activity = activity_of(member)
    assert (activity.spent, activity.purchase_days) == (4000, 1)
    assert (activity.last_purchase, set(activity.views)) == (timezone.localdate(), {0})
    assert "¥4,000" in editor.get(reverse("crm_member:inspect", args=[member.pk])).text


def test_a_stay_is_told_beside_the_view_it_belongs_to(member, bread):
    browser = uuid.uuid4()

    def stayed(seconds, at, visitor_id=browser):
        return NewEvent(
            "engagement",
            member_id=member.pk,
            visitor_id=visitor_id,
            page_id=bread.pk,
            value=Decimal(seconds),
            data={"scroll": 80},
            at=minutes(at),
        )

    seen = {"member_id": member.pk, "visitor_id": browser}
    record_events(
        events=[
            view(bread.pk, at=minutes(0), **seen),
            stayed(20, 1),
            stayed(25, 2),
            view(bread.pk, at=minutes(3), **seen),
            stayed(120, 4),
            stayed(59, 5, visitor_id=uuid.uuid4()),
        ]
    )
    with translation.override("en"):
        [(_day, entries)] = timeline_of(member).days
        told = [
            (str(entry.kind.label), entry.details, entry.count, entry.stay) for entry in entries
        ]

    assert told == [
        ("Stayed on a page", "Bread 59 sec, down to 80%", 1, ""),
        ("Viewed a page", "Bread", 2, "3 min"),
    ]


def test_of_a_film_is_told_how_far_they_came(member, bread):
    def watched(percent):
        data = {"percent": percent, "video": "/film.webm"}
        fields = {"subject": "video:/film.webm", "data": data, "at": minutes(percent)}
        return NewEvent("video_progress", member_id=member.pk, page_id=bread.pk, **fields)

    record_events(
        events=[
            watched(25),
            view(bread.pk, member_id=member.pk, at=minutes(40)),
            watched(50),
            NewEvent("login", member_id=member.pk, at=minutes(60)),
            watched(75),
        ]
    )
    with translation.override("en"):
        assert lines(timeline_of(member))[0][1] == [
            ("Watched part of a video", "film.webm 75%, on “Bread”", 1),
            ("Signed in", "", 1),
            ("Viewed a page", "Bread", 1),
            ("Watched part of a video", "film.webm 25%, on “Bread”", 1),
        ]


def test_an_empty_search_is_one_line(member):
    record_events(
        events=[
            NewEvent("search", member_id=member.pk, subject="rye", data={"results": 0}),
            NewEvent("search_without_result", member_id=member.pk, subject="rye"),
        ]
    )
    with translation.override("en"):
        assert lines(timeline_of(member))[0][1] == [("Searched the site", "rye (nothing found)", 1)]
