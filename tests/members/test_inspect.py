import datetime
import json
import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from wagtail import hooks

from tests.loyalty.factories import make_ranks
from tests.mail.factories import make_campaign, make_reader, make_segment
from tests.members.factories import make_attribute, make_member, make_user
from tests.surveys.factories import BAKE, BREAD, LIKE, make_survey
from tests.tracking.factories import make_page, make_site, view
from wagtail_crm.loyalty.actions import adjust_points
from wagtail_crm.mail.actions import start_campaign
from wagtail_crm.members import actions
from wagtail_crm.members.panels import MemberPanel
from wagtail_crm.surveys.actions import answer_survey
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent

pytestmark = pytest.mark.django_db


def page(member, tab=""):
    return reverse("crm_member:inspect", args=[member.pk]) + (f"?tab={tab}" if tab else "")


@pytest.fixture
def panel(registries):
    """Contribute one panel for the length of a test."""
    undo = []

    def contribute(**fields):
        register = hooks.register_temporarily(
            "register_crm_member_panels", lambda: [MemberPanel(**fields)]
        )
        register.__enter__()
        undo.append(register)

    yield contribute
    for register in undo:
        register.__exit__(None, None, None)


def greet(request, member):
    return format_html("<p>greets {}</p>", member)


def test_the_header_says_who_this_is(editor):
    member = make_member(
        family_name="田中", given_name="陽子", family_name_kana="たなか", code="C07"
    )
    actions.tag_members(members=[member], add=["VIP"])
    text = editor.get(page(member)).text
    for word in ("田中 陽子", "たなか", "C07", "VIP", "Prospect", member.email, "no owner"):
        assert word in text


@pytest.mark.parametrize(("minutes", "words"), [(59, "seen within the hour"), (61, "last seen")])
def test_no_more_is_said_of_a_visit_than_its_hour(editor, minutes, words):
    seen = timezone.now() - datetime.timedelta(minutes=minutes)
    text = editor.get(page(make_member(last_seen_at=seen))).text
    assert re.findall("seen within the hour|last seen", text) == [words]


def test_consents_show_the_answers_in_force(editor):
    member = make_member()
    actions.record_consent(member=member, purpose="email", granted=True, source="test")
    shown = [(str(name), granted) for name, granted in editor.get(page(member)).context["consents"]]
    assert shown == [("E-mail", True), ("Personal content", False)]


def test_tabs_are_in_order_and_only_one_is_drawn(editor, panel):
    panel(slug="notes", label="Notes", order=15, where="admin", render=greet)
    member = make_member(family_name="田中")
    response = editor.get(page(member, "notes"))
    slugs = [tab.slug for tab in response.context["tabs"]]
    assert slugs[:3] == ["timeline", "notes", "profile"]
    assert (slugs[-1], response.context["tab"].slug) == ("browsers", "notes")
    assert "greets 田中" in response.text
    assert "crm-known" not in response.text


def test_an_unknown_tab_is_the_first(editor):
    assert editor.get(page(make_member(), "nonsense")).context["tab"].slug == "timeline"


@pytest.mark.parametrize("where", ["admin_header", "admin_card"])
def test_rooms_add_facts_and_cards(editor, panel, where):
    panel(slug="x", where=where, render=greet)
    assert "greets 田中" in editor.get(page(make_member(family_name="田中"))).text


def test_a_panel_without_its_permission_is_not_there(colleague, panel):
    panel(
        slug="secret", label="Secret", where="admin", render=greet, permission="auth.change_group"
    )
    browser = colleague("view_member")
    response = browser.get(page(make_member(), "secret"))
    assert "secret" not in [tab.slug for tab in response.context["tabs"]]
    assert "greets" not in response.text


def test_portal_panels_stand_on_my_page_only(editor, panel):
    panel(slug="bonus", where="portal", render=greet)
    assert "greets" not in editor.get(page(make_member())).text


def test_profile_shows_typed_values_in_words(editor):
    make_attribute("birthday", type="date", label="Birthday")
    make_attribute("bakes", type="choices", choices="Bread\nCakes", label="Bakes")
    member = make_member(
        attributes={"birthday": "1990-04-02", "bakes": ["Bread", "Cakes"], "legacy": "x1"}
    )
    context = editor.get(page(member, "profile")).text
    for word in ("April 2, 1990", "Bread, Cakes", "legacy", "x1"):
        assert word in context


def test_consent_tab_is_the_whole_history(editor):
    member = make_member()
    for granted in (True, False):
        actions.record_consent(member=member, purpose="email", granted=granted, source="my_page")
    text = editor.get(page(member, "consent")).text
    assert text.count("My page") == 2
    assert text.count("in force") == 1


TABS = ["timeline", "profile", "points_history", "mail", "survey_answers", "consent", "browsers"]


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_asks_at_most_fifteen_questions(
    editor, tab, number, django_assert_max_num_queries
):
    """Eight are the frame of an admin page where forms are; of somebody all rooms know."""
    make_site()
    make_ranks(Bronze=1, Gold=100)
    member = busy_member(number)
    address = page(member, tab)
    response = editor.get(address)
    assert response.context["tab"].slug == tab
    with django_assert_max_num_queries(15):
        editor.get(address)


def busy_member(number):
    member = make_reader(owner=make_user(is_staff=True), attributes={"prefecture": "Tokyo"})
    make_attribute("prefecture")
    record_events(events=[view(make_page().pk, member_id=member.pk) for _n in range(number)])
    record_events(events=[NewEvent("purchase", member_id=member.pk, value=Decimal(100))])
    for n in range(number):
        actions.tag_members(members=[member], add=[f"tag {n}"])
        make_segment(member)
        staff = make_user(is_staff=True)
        adjust_points(member=member, points=10, reason="Thanks", staff=staff)
        answer_survey(page=make_survey(), member=member, answers={BAKE: [BREAD], LIKE: "4"})
        campaign = start_campaign(campaign=make_campaign())
        campaign.deliveries.update(status="sent", sent_at=timezone.now())
    return member


def test_data_is_handed_over_as_json(editor):
    member = make_member(email="yoko@example.jp")
    response = editor.get(reverse("crm_member:data", args=[member.pk]))
    assert json.loads(response.text)["wagtail_crm_members.member"][0]["email"] == "yoko@example.jp"


def test_the_buttons_fit_the_permissions(colleague):
    text = colleague("view_member").get(page(make_member())).text
    assert [word in text for word in ("/edit/", "/delete/", "/data/")] == [False, False, False]
