import datetime
import re
import uuid

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import ModelLogEntry
from wagtail.users.models import UserProfile

from tests.members.factories import make_member, make_user
from tests.tracking.factories import visit
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.models import DailyTotal, Event, Visitor
from wagtail_crm.tracking.owned_browsers import touch_in_words

pytestmark = pytest.mark.django_db
PHONE = {"device": "phone", "os": "iOS", "browser": "Mobile Safari"}


@pytest.fixture
def staff(client):
    """May look at members and take browsers back."""
    user = make_user(is_staff=True)
    names = ("access_admin", "view_member", "unlink_visitor")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    UserProfile.objects.create(user=user, preferred_language="en")
    client.force_login(user)
    return client


def owned(member, events=2, touch=None, **link):
    visitor, day = uuid.uuid4(), datetime.timedelta(days=3)
    data = PHONE | ({"touch": touch} if touch else {})
    seen = [visit(visitor_id=visitor, at=timezone.now() - day, data=data) for _ in range(events)]
    actions.record_events(events=seen)
    actions.link_visitor(visitor_id=visitor, member=member, **link)
    return visitor


def tab(client, member):
    response = client.get(reverse("crm_member:inspect", args=[member.pk]) + "?tab=browsers")
    return BeautifulSoup(response.content, "html.parser").select_one("#tab-browsers")


def cells(html):
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in html("tr")]
    return [row for row in rows if row]


def test_the_tab_lists_the_browsers_a_member_is_known_by(staff):
    member = make_member()
    owned(member, touch={"referrer": "search.example", "utm_campaign": "spring"})
    owned(member, events=0, by="mail:3")
    Visitor.objects.filter(linked_by="login").update(
        consent_version="2", consented_at=timezone.now()
    )
    html = tab(staff, member)
    rows = cells(html)
    assert [row[:2] for row in rows] == [
        ["A browser", "followed a link in a mail"],
        ["Mobile Safari, iOS", "signed in there"],
    ]
    assert [row[4].endswith("text 2") for row in rows] == [False, True]
    assert "search.example · campaign: spring" in html.get_text()


def test_how_they_first_came_is_of_the_first_browser(staff):
    member = make_member()
    owned(member, touch={"utm_source": "letter"})
    Visitor.objects.update(first_seen_at=timezone.now() - datetime.timedelta(days=30))
    owned(member, touch={"utm_source": "search"})
    words = [each.get_text() for each in tab(staff, member).select("dd")]
    assert [re.sub(r"^.* · ", "", text) for text in words] == ["source: letter", "source: search"]


@pytest.mark.parametrize(
    ("touch", "words"),
    [
        ({}, "directly: an address typed, a bookmark, an app"),
        ({"referrer": "a.example"}, "a.example"),
        (
            {"utm_term": "x", "utm_source": "s", "referrer": "a.example", "utm_medium": "m"},
            "a.example · source: s · medium: m · search word: x",
        ),
    ],
)
def test_touch_in_words(touch, words):
    with translation.override("en"):
        assert touch_in_words(touch) == words


def test_an_empty_tab_says_when_there_will_be_one(staff):
    assert "No browser is known yet." in tab(staff, make_member()).get_text()


def test_many_browsers_cost_no_more_queries(staff):
    counts = []
    for number in (1, 3):
        member = make_member()
        for _ in range(number):
            owned(member)
        tab(staff, member)
        with CaptureQueriesContext(connection) as queries:
            tab(staff, member)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_the_last_twenty_are_shown(staff):
    member = make_member()
    for _ in range(21):
        actions.link_visitor(visitor_id=uuid.uuid4(), member=member)
    html = tab(staff, member)
    assert len(cells(html)) == 20
    assert "The 20 browsers used last are shown." in html.get_text()


def test_the_question_says_what_will_happen_and_changes_nothing(staff):
    member = make_member()
    visitor = owned(member)
    page = staff.get(reverse("crm_visitor_unlink", args=[visitor]))
    text = " ".join(BeautifulSoup(page.content, "html.parser").get_text().split())
    assert "2 events that happened there while nobody was signed in" in text
    assert "Mobile Safari, iOS" in text
    assert Visitor.objects.get().member == member


def test_it_was_somebody_else(staff):
    member = make_member()
    visitor = owned(member)
    response = staff.post(reverse("crm_visitor_unlink", args=[visitor]), follow=True)
    assert response.redirect_chain == [
        (reverse("crm_member:inspect", args=[member.pk]) + "?tab=browsers", 302)
    ]
    assert "2 events were taken back." in response.content.decode()
    assert set(Event.objects.values_list("member_id", flat=True)) == {0}
    entry = ModelLogEntry.objects.get(action="wagtail_crm.unlink_browser")
    assert (entry.object_id, entry.user_id) == (str(member.pk), int(staff.session["_auth_user_id"]))
    with translation.override("en"):
        assert entry.message == "Said that a browser was not theirs: 2 events taken back"


def test_twice_is_once(staff):
    visitor = owned(make_member())
    url = reverse("crm_visitor_unlink", args=[visitor])
    assert [staff.post(url).status_code for _ in range(2)] == [302, 404]


def test_who_may_not_take_back_sees_no_button(staff):
    user = make_user(is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=("access_admin", "view_member"))
    )
    staff.force_login(user)
    member = make_member()
    visitor = owned(member)
    assert tab(staff, member).select("a.button") == []
    url = reverse("crm_visitor_unlink", args=[visitor])
    for response in (staff.get(url), staff.post(url)):
        assert (response.status_code, response["Location"]) == (302, reverse("wagtailadmin_home"))
    assert Visitor.objects.get().member == member


@pytest.fixture
def judge(client):
    """May look at members and say what their browsers are."""
    user = make_user(is_staff=True)
    names = ("access_admin", "view_member", "judge_visitor")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    UserProfile.objects.create(user=user, preferred_language="en")
    client.force_login(user)
    return client


def words_of(response):
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text().split())


def counts(member):
    return list(DailyTotal.objects.filter(member=member).values_list("count", flat=True))


def test_a_colleague_says_that_a_machine_uses_a_browser(judge):
    member = make_member()
    visitor = owned(member)
    url = reverse("crm_visitor_judge", args=[visitor])
    asked = words_of(judge.get(url))
    assert "2 events that happened there are no longer counted." in asked
    assert counts(member) == [2]
    done = words_of(judge.post(url, {"verdict": "machine"}, follow=True))
    assert "The visits of this machine are no longer counted." in done
    assert counts(member) == []
    row = cells(tab(judge, member))[0]
    assert row[5] == "a machine a colleague said so Its visits are not counted."
    assert row[6] == "This is a person : Mobile Safari, iOS"


def test_and_that_a_person_uses_it_after_all(judge):
    member = make_member()
    visitor = owned(member)
    url = reverse("crm_visitor_judge", args=[visitor])
    judge.post(url, {"verdict": "machine"})
    assert "2 events that happened there are counted again." in words_of(judge.get(url))
    judge.post(url, {"verdict": "human"})
    assert counts(member) == [2]
    assert cells(tab(judge, member))[0][5] == "a person a colleague said so"
    entries = ModelLogEntry.objects.filter(action="wagtail_crm.judge_browser")
    with translation.override("en"):
        assert [entry.message for entry in entries.order_by("timestamp")] == [
            "Said that a machine uses one of their browsers: not counted",
            "Said that a person uses one of their browsers: counted again",
        ]


def test_only_who_may_judge_is_asked(staff):
    member = make_member()
    url = reverse("crm_visitor_judge", args=[owned(member)])
    assert (staff.get(url).status_code, staff.post(url).status_code) == (302, 302)
    assert "This is a machine" not in tab(staff, member).get_text()
    assert Visitor.objects.get().verdict == "unknown"


def test_a_verdict_nobody_offers_is_refused(judge):
    url = reverse("crm_visitor_judge", args=[owned(make_member())])
    assert judge.post(url, {"verdict": "robot"}).status_code == 400


def test_the_timeline_marks_a_machines_visits(judge):
    member = make_member()
    visitor = owned(member)
    judge.post(reverse("crm_visitor_judge", args=[visitor]), {"verdict": "machine"})
    page = judge.get(reverse("crm_member:inspect", args=[member.pk]) + "?tab=timeline")
    html = BeautifulSoup(page.content, "html.parser")
    assert [
        entry.select_one(".crm-entry__uncounted").get_text()
        for entry in html.select(".crm-entry--uncounted")
    ] == ["machine, not counted"]
