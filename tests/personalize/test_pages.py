import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from example.shop.models import HomePage
from tests.loyalty.factories import make_staff
from tests.members.factories import make_registered_member
from tests.personalize.factories import make_segment, root_page
from wagtail_crm.members.actions import record_consent
from wagtail_crm.personalize.previews import CHOSEN, SEARCHED, preview_modes
from wagtail_crm.tracking.actions import drain_buffer
from wagtail_crm.tracking.models import Visitor

pytestmark = pytest.mark.django_db


def banner(title, **audience):
    audience = {"segments": [], "excluded": []} | audience
    return {"type": "banner", "value": {"title": title, "audience": audience}}


@pytest.fixture
def gold():
    return make_segment("Gold")


@pytest.fixture
def page(gold):
    blocks = [banner("For gold", segments=[gold.pk]), banner("For others", excluded=[gold.pk])]
    home = HomePage(title="Home", slug="personal", body=json.dumps(blocks))
    return root_page().add_child(instance=home)


@pytest.fixture
def editor(client):
    user = make_staff()
    client.force_login(user)
    return client


def test_members_read_what_is_meant_for_them(client, page, gold):
    member = make_registered_member()
    gold.memberships.create(member=member)
    assert "For others" in client.get(page.url).content.decode()
    client.force_login(member.user)
    html = client.get(page.url).content.decode()
    assert ("For gold" in html, "For others" in html) == (True, False)


def test_no_shared_cache_keeps_what_a_member_read(client, page):
    client.force_login(make_registered_member().user)
    headers = client.get(page.url).headers
    assert "private" in headers["Cache-Control"]
    assert "Cookie" in headers["Vary"]


def test_what_visitors_read_may_be_kept_by_cookie(client, page):
    headers = client.get(page.url).headers
    assert "private" not in headers.get("Cache-Control", "")
    assert "Cookie" in headers["Vary"]


def test_preview_modes_follow_the_live_segments(gold):
    make_segment("Draft", live=False)
    assert [mode for mode, _label in preview_modes()] == [
        "crm-visitor",
        f"crm-segment-{gold.pk}",
        "crm-member",
    ]


def preview(page, mode, editor=None):
    original = None
    if editor is not None:
        original = editor.get("/admin/").wsgi_request
    return page.make_preview_request(original, mode).content.decode()


def test_a_preview_shows_every_block(page):
    html = preview(page, "")
    assert ("For gold" in html, "For others" in html, "crm-eyes" in html) == (True, True, False)


def test_a_preview_as_a_visitor(page):
    html = preview(page, "crm-visitor")
    assert ("For gold" in html, "For others" in html, "crm-eyes" in html) == (False, True, True)


def test_a_preview_as_somebody_in_a_segment(page, gold):
    html = preview(page, f"crm-segment-{gold.pk}")
    assert ("For gold" in html, "For others" in html) == (True, False)


def test_a_preview_as_a_segment_that_is_gone_shows_the_default(page):
    assert "For others" in preview(page, "crm-segment-99999")


def test_an_unknown_mode_is_left_to_the_page(page):
    assert "crm-eyes" not in preview(page, "crm-segment-x")


def choose(editor, **data):
    return editor.post("/admin/crm/preview-member/", data)


def test_a_preview_as_one_member(editor, page, gold):
    member = make_registered_member(family_name="田中")
    gold.memberships.create(member=member)
    choose(editor, member=member.pk)
    html = preview(page, "crm-member", editor)
    assert ("For gold" in html, "田中" in html) == (True, True)


@pytest.mark.parametrize("answer", [True, False])
def test_looking_as_a_member_does_nothing_in_their_name(editor, page, monkeypatch, answer):
    """Neither to their history, nor to what the editor's own browser agreed to."""
    member = make_registered_member()
    record_consent(member=member, purpose="profiling", granted=answer, source="test")
    visitor = Visitor.objects.create()
    editor.cookies["crm_consent"], editor.cookies["crm_visitor"] = "1:yes", str(visitor.pk)
    choose(editor, member=member.pk)
    serve_preview = HomePage.serve_preview

    def searching(self, request, mode):
        request.crm.track("search", subject="rye")
        return serve_preview(self, request, mode)

    monkeypatch.setattr(HomePage, "serve_preview", searching)
    original = editor.get("/admin/").wsgi_request
    response = page.make_preview_request(original, "crm-member")
    assert [name for name in response.cookies if name.startswith("crm_")] == []
    assert (drain_buffer(), Visitor.objects.get().forgotten_at) == (0, None)


def test_searching_for_a_member(editor):
    one = make_registered_member(family_name="田中", given_name="陽子")
    two = make_registered_member(family_name="田中", given_name="翔太")
    choose(editor, name="田中")
    assert (editor.session[SEARCHED], CHOSEN in editor.session) == ("田中", False)
    choose(editor, name="田中 陽子")
    assert (editor.session[SEARCHED], editor.session[CHOSEN]) == ("", str(one.pk))
    choose(editor, name="田中", member=two.pk)
    assert editor.session[CHOSEN] == str(two.pk)


@pytest.mark.parametrize("member", ["0", "x", "²", "9" * 30])
def test_choosing_nobody_there_is_remembers_nobody(editor, page, member):
    assert choose(editor, member=member).status_code == 302
    assert CHOSEN not in editor.session
    assert "crm-eyes" in preview(page, "crm-member", editor)


def test_several_members_are_offered(editor, page):
    for given_name in ("陽子", "翔太"):
        make_registered_member(family_name="田中", given_name=given_name)
    choose(editor, name="田中")
    assert preview(page, "crm-member", editor).count('name="member"') == 2


def test_choosing_goes_back_to_the_preview_but_never_elsewhere(editor):
    here = {"HTTP_REFERER": "http://testserver/admin/pages/3/edit/preview/?mode=crm-member"}
    elsewhere = {"HTTP_REFERER": "http://evil.example/"}
    address = "/admin/crm/preview-member/"
    assert editor.post(address, {}, **here).url == here["HTTP_REFERER"]
    assert editor.post(address, {}, **elsewhere).url == "/admin/"
    assert editor.get(address).status_code == 405


def test_who_may_not_see_members_looks_with_nobodys_eyes(client, page, gold):
    member = make_registered_member(family_name="田中")
    gold.memberships.create(member=member)
    client.force_login(make_staff("access_admin"))
    assert choose(client, member=member.pk).status_code == 302
    assert CHOSEN not in client.session
    session = client.session
    session[CHOSEN] = str(member.pk)
    session.save()
    html = preview(page, "crm-member", client)
    assert ("For gold" in html, "田中" in html) == (False, False)


def test_previews_are_not_recorded(editor, page, redis):
    preview(page, "crm-visitor", editor)
    assert redis.exists("crm:events") == 0


@override_settings(CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}})
def test_a_personalised_page_asks_the_database_no_more_than_a_plain_one(client, page, gold):
    plain = root_page().add_child(
        instance=HomePage(title="Plain", slug="plain", body=json.dumps([banner("a"), banner("b")]))
    )
    member = make_registered_member()
    gold.memberships.create(member=member)
    client.force_login(member.user)
    counts = []
    for each in (plain, page):
        client.get(each.url)
        with CaptureQueriesContext(connection) as captured:
            client.get(each.url)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_first_mode_of_a_page_costs_no_query_however_many_segments(gold):
    with CaptureQueriesContext(connection) as captured:
        first = HomePage().default_preview_mode

    assert first == HomePage().preview_modes[0][0]
    assert len(captured) == 0
