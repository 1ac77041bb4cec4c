import datetime

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.loyalty.factories import balance, make_rule, make_staff
from tests.members.factories import make_member, make_registered_member
from wagtail_crm.loyalty.actions import adjust_points
from wagtail_crm.loyalty.models import EarningRule, Entry
from wagtail_crm.members.panels import panels_at

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def editor(client):
    client.force_login(make_staff())
    return client


def rule_data(**changes):
    data = {
        "label": "Welcome",
        "kind": "registration",
        "page": "",
        "points": "100",
        "per_value": "",
        "frequency": "once",
        "segment": "",
        "starts_at": "2026-01-01 00:00",
        "ends_at": "",
        "is_active": "on",
    }
    return data | changes


def test_an_editor_makes_a_rule(editor):
    response = editor.post("/admin/crm/earningrule/add/", rule_data())
    assert response.status_code == 302
    rule = EarningRule.objects.get()
    assert (rule.label, rule.kind, rule.points, rule.is_active) == (
        "Welcome",
        "registration",
        100,
        True,
    )


def test_an_amount_is_asked_for_only_where_there_is_one(editor):
    page = BeautifulSoup(editor.get("/admin/crm/earningrule/add/").text, "html.parser")
    (asked,) = page.select('[data-controller="w-rules"] [data-w-rules-target="enable"]')
    assert (asked["name"], asked["data-w-rules"]) == (
        "per_value",
        '{"kind": ["purchase", "purchase_item"]}',
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"points": "0"}, "points"),
        ({"per_value": "0"}, "per_value"),
        ({"per_value": "100"}, "per_value"),
        ({"kind": "engagement", "per_value": "60"}, "per_value"),
        ({"kind": "engagement", "frequency": "each"}, "frequency"),
        ({"kind": "video_completed", "frequency": "each"}, "frequency"),
        ({"kind": "points"}, "kind"),
        ({"kind": "nonsense"}, "kind"),
        ({"ends_at": "2025-01-01 00:00"}, "ends_at"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(editor, changes, field):
    response = editor.post("/admin/crm/earningrule/add/", rule_data(**changes))
    assert list(response.context["form"].errors) == [field]
    assert not EarningRule.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "video_completed", "frequency": "daily"},
        {"kind": "engagement", "frequency": "once"},
        {"kind": "purchase", "frequency": "each", "per_value": "100"},
    ],
)
def test_what_a_browser_says_earns_points_but_not_without_end(editor, changes):
    editor.post("/admin/crm/earningrule/add/", rule_data(**changes))
    assert EarningRule.objects.count() == 1


@pytest.mark.parametrize(
    ("beside", "warned"),
    [
        ({}, True),
        ({"per_value": None}, False),
        ({"is_active": False}, False),
        ({"kind": "purchase"}, False),
        ({"ends_at": datetime.datetime(2025, 12, 31, tzinfo=datetime.UTC)}, False),
        ("page", False),
    ],
)
def test_an_order_that_earns_twice_is_told(editor, home_page, beside, warned):
    beside = {"page": home_page} if beside == "page" else beside
    make_rule(label="Lines", **{"kind": "purchase_item", "per_value": 100} | beside)
    order = rule_data(kind="purchase", per_value="100", frequency="each")

    page = editor.post("/admin/crm/earningrule/add/", order, follow=True, headers=ENGLISH)

    assert EarningRule.objects.count() == 2
    text = "One order now gives points for its amount twice, because “Lines” counts it as well."
    assert (text in page.text) is warned


def test_a_rule_switched_on_again_begins_anew(editor):
    rule = make_rule(kind="registration", is_active=False)
    address = f"/admin/crm/earningrule/edit/{rule.pk}/"
    before = timezone.localtime(rule.starts_at).strftime("%Y-%m-%d %H:%M")
    editor.post(address, rule_data(starts_at=before))
    rule.refresh_from_db()
    assert timezone.now() - rule.starts_at < datetime.timedelta(minutes=1)
    begun = rule.starts_at
    editor.post(address, rule_data(starts_at="2026-01-01 00:00", points="5"))
    rule.refresh_from_db()
    assert (rule.points, rule.starts_at < begun) == (5, True)


def test_an_empty_list_says_what_to_do_first(editor):
    html = editor.get("/admin/crm/earningrule/", headers={"Accept-Language": "en"}).content.decode()
    assert "/admin/crm/earningrule/add/" in html


def test_the_list_says_what_an_amount_is_counted_in(editor):
    make_rule(kind="purchase", points=1, per_value=1000)
    assert [
        editor.get("/admin/crm/earningrule/", headers={"Accept-Language": language}).text.count(
            words
        )
        for language, words in (("en", "1 pt for every 1,000 yen"), ("ja", "1,000円ごとに1 pt"))
    ] == [1, 1]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_queries_however_many_rules(editor, number, home_page):
    for each in range(number):
        make_rule(label=f"Rule {each}", page=home_page)
    editor.get("/admin/crm/earningrule/")
    with CaptureQueriesContext(connection) as captured:
        editor.get("/admin/crm/earningrule/results/")
    assert len(captured) <= 15


@pytest.mark.parametrize(
    "address",
    ["earningrule/", "earningrule/add/", "member/{}/points/"],
)
def test_who_may_not_gets_no_further(client, address):
    member = make_member()
    client.force_login(make_staff("view_member", "view_entry"))
    assert client.get(f"/admin/crm/{address.format(member.pk)}").status_code == 302


def test_points_by_hand_once_per_form(editor):
    member = make_member()
    address = f"/admin/crm/member/{member.pk}/points/"
    key = editor.get(address).context["form"]["key"].value()
    for _press in range(2):
        response = editor.post(address, {"points": "30", "reason": "Sorry", "key": str(key)})
    assert response.url == f"/admin/crm/member/inspect/{member.pk}/?tab=points_history"
    assert balance(member) == 30


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"points": "0", "reason": "x"}, "points"),
        ({"points": "-1", "reason": "x"}, "points"),
        ({"points": "5", "reason": ""}, "reason"),
        ({"points": "10000000", "reason": "x"}, "points"),
    ],
)
def test_points_by_hand_that_cannot_be(editor, data, field):
    member = make_member()
    data |= {"key": "0199f000-0000-7000-8000-000000000000"}
    response = editor.post(f"/admin/crm/member/{member.pk}/points/", data)
    assert list(response.context["form"].errors) == [field]
    assert not Entry.objects.exists()


def test_a_member_page_shows_balance_and_history(editor):
    member = make_member()
    adjust_points(member=member, points=1240, reason="Gift", staff=make_staff())
    html = editor.get(f"/admin/crm/member/inspect/{member.pk}/?tab=points_history").content.decode()
    assert html.count("1,240 pt") == 4
    assert "Gift" in html


def test_history_needs_its_permission(client, rf):
    request = rf.get("/")
    request.user = make_staff("view_member")
    slugs = [panel.slug for panel in panels_at("admin", request)]
    assert "points_history" not in slugs


def test_my_page_shows_points(client):
    member = make_registered_member()
    staff_user = make_staff()
    for number in range(6):
        adjust_points(member=member, points=1000, reason=f"Gift {number}", staff=staff_user)
    client.force_login(member.user)
    html = client.get("/crm/me/").content.decode()
    assert "<strong>6,000</strong>" in html
    assert [f"Gift {number}" in html for number in range(6)] == [
        False,
        True,
        True,
        True,
        True,
        True,
    ]
    history = client.get("/crm/me/points/").content.decode()
    assert "Gift 0" in history


@pytest.mark.parametrize("address", ["/crm/me/", "/crm/me/points/"])
def test_points_are_promised_only_while_something_earns_them(client, address):
    client.force_login(make_registered_member().user)
    said = []
    for active in (False, True):
        make_rule(kind="search", is_active=active)
        text = client.get(address, headers=ENGLISH).text
        said.append(("You have no points yet." in text, "earns them" in text))
    assert said == [(True, False), (True, True)]


def test_my_history_is_in_pages(client, monkeypatch):
    monkeypatch.setattr("wagtail_crm.loyalty.views.portal.PER_PAGE", 2)
    member, staff_user = make_registered_member(), make_staff()
    for number in range(3):
        adjust_points(member=member, points=1, reason=f"Gift {number}", staff=staff_user)
    client.force_login(member.user)
    older = client.get("/crm/me/points/?page=2").content.decode()
    assert ("Gift 0" in older, "Gift 2" in older) == (True, False)


@pytest.mark.parametrize("number", [1, 3])
def test_my_history_costs_the_same_queries_however_long(client, number):
    member, staff_user = make_registered_member(), make_staff()
    for each in range(number):
        adjust_points(member=member, points=1, reason=f"Gift {each}", staff=staff_user)
    client.force_login(member.user)
    client.get("/crm/me/points/")
    with CaptureQueriesContext(connection) as captured:
        client.get("/crm/me/points/")
    assert len(captured) <= 12


def test_others_points_are_not_shown(client):
    rich, poor = make_registered_member(), make_registered_member()
    adjust_points(member=rich, points=1, reason="Secret", staff=make_staff())
    client.force_login(poor.user)
    assert "Secret" not in client.get("/crm/me/points/").content.decode()
