"""What a page costs with the package, beside the same page without it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from example.celery import app
from tests.members.factories import make_registered_member
from tests.tracking import counting_cache
from tests.tracking.factories import make_browser
from wagtail_crm.checks import MIDDLEWARE
from wagtail_crm.members.actions import record_consent
from wagtail_crm.segments.models import Membership, Segment
from wagtail_crm.tracking import actions, buffer
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(settings):
    """Run something on the same site without the middleware."""

    def run(ask):
        installed = settings.MIDDLEWARE
        settings.MIDDLEWARE = [name for name in installed if name != MIDDLEWARE]
        try:
            return ask()
        finally:
            settings.MIDDLEWARE = installed

    return run


@pytest.fixture
def cache_calls(settings, crm_settings):
    """What the package asks its own cache; Wagtail and the site use the default one."""
    backend = "tests.tracking.counting_cache.CountingRedisCache"
    own = settings.CACHES["default"] | {"BACKEND": backend}
    settings.CACHES = settings.CACHES | {"crm": own}
    crm_settings(CACHE_ALIAS="crm")
    counting_cache.calls.clear()
    return counting_cache.calls


@pytest.fixture
def member(page):
    member = make_registered_member()
    record_consent(member=member, purpose="profiling", granted=True, source="test")
    return member


def statements(client, page):
    """The SQL of one view, once everything that is remembered is remembered."""
    client.get(page.url)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(page.url)
    assert response.status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def test_a_members_page_adds_no_sql(page, member, bare):
    without = bare(lambda: statements(make_browser(None, user=member.user), page))
    client = make_browser(None, user=member.user)
    assert normal(statements(client, page)) == normal(without)


def test_fifty_segments_and_three_slots_add_no_sql(page, member, bare):
    segments = [Segment.objects.create(name=f"Segment {number}") for number in range(50)]
    Membership.objects.bulk_create(
        Membership(segment=segment, member=member) for segment in segments[::5]
    )
    page.body = [
        ("banner", {"title": f"Slot {number}", "audience": {"segments": [segments[number].pk]}})
        for number in (0, 5, 10)
    ]
    page.save()
    without = bare(lambda: statements(make_browser(None, user=member.user), page))
    client = make_browser(None, user=member.user)
    assert normal(statements(client, page)) == normal(without)
    shown = client.get(page.url).content.decode()
    assert [f"Slot {number}" in shown for number in (0, 5, 10)] == [True, True, True]


def normal(queries):
    """Without the session's key, which differs from client to client."""
    return ["session" if "django_session" in sql else sql for sql in queries]


def test_a_members_page_reads_the_cache_once(page, member, cache_calls):
    client = make_browser(None, user=member.user)
    client.get(page.url)
    cache_calls.clear()
    client.get(page.url)
    assert cache_calls == [f"get crm:snapshot:{member.user.pk}"]


def test_a_members_page_writes_to_redis_only(page, member, redis, cache_calls):
    client = make_browser(None, user=member.user)
    client.get(page.url)
    before = set(redis.keys())
    length = redis.xlen(buffer.STREAM)
    client.get(page.url)
    assert set(redis.keys()) == before
    assert redis.xlen(buffer.STREAM) == length + 1


def test_a_visitor_without_consent_gets_no_cookie_and_costs_nothing(page, bare, cache_calls):
    without = bare(lambda: statements(make_browser(None), page))
    client = make_browser(None)
    cache_calls.clear()
    assert statements(client, page) == without
    response = client.get(page.url)
    assert (dict(response.cookies), cache_calls, buffer.length()) == ({}, [], 0)


def test_a_consenting_visitor_gets_a_cookie_and_is_recorded(page):
    client = make_browser("yes")
    first = client.get(page.url)
    cookie = first.cookies["crm_visitor"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert "Cookie" in first["Vary"]
    second = client.get(page.url)
    assert "crm_visitor" not in second.cookies
    assert actions.drain_buffer() == 2
    seen = Event.objects.values_list("kind", "page_id", "member_id", "visitor_id")
    assert {(kind, page_id, member, str(visitor)) for kind, page_id, member, visitor in seen} == {
        ("page_view", page.pk, 0, cookie.value)
    }


def test_cookies_are_secure_where_the_site_is(page):
    response = make_browser("yes").get(page.url, secure=True)
    assert response.cookies["crm_visitor"]["secure"] is True


def test_redis_gone_mid_traffic(page, member, crm_settings, redis_url):
    client = make_browser(None, user=member.user)
    client.get(page.url)
    assert (buffer.length(), Event.objects.of_kinds("page_view").count()) == (1, 0)
    crm_settings(REDIS_URL="redis://127.0.0.1:1/0")
    assert client.get(page.url).status_code == 200
    assert Event.objects.of_kinds("page_view").count() == 1
    crm_settings(REDIS_URL=redis_url)
    assert actions.drain_buffer() == 1
    assert Event.objects.of_kinds("page_view").count() == 2


def test_the_cache_gone_as_well(page, member, settings, dead_redis):
    settings.CACHES = {
        "default": {
            "BACKEND": "wagtail_crm.tracking.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    client = make_browser(None, user=member.user)
    assert client.get(page.url).status_code == 200
    assert Event.objects.of_kinds("page_view").get().member_id == member.pk


def test_redis_and_database_gone_the_page_is_served(page, dead_redis, caplog):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE wagtail_crm_tracking_visitor RENAME TO elsewhere")
    response = make_browser("yes").get(page.url)
    assert response.status_code == 200
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "1 events are lost: nothing took them."
    ]


def test_an_unusable_redis_url_does_not_break_pages(page, crm_settings, caplog):
    crm_settings(REDIS_URL="http://localhost")
    assert make_browser("yes").get(page.url).status_code == 200
    assert "1 events are lost" in caplog.text


def test_without_redis_events_are_written_at_once(page, crm_settings):
    crm_settings(REDIS_URL=None)
    make_browser("yes").get(page.url)
    assert Event.objects.get().page_id == page.pk


def test_workers_are_called_and_write(page, member):
    """The whole way: page, buffer, task, log."""
    make_browser(None, user=member.user, commits=True).get(page.url)
    assert Event.objects.of_kinds("page_view").get().member_id == member.pk
    assert buffer.length() == 0


def test_a_broker_that_is_away_does_not_break_pages(page):
    app.conf.task_always_eager, eager = False, app.conf.task_always_eager
    app.conf.broker_url, broker = "redis://127.0.0.1:1/0", app.conf.broker_url
    try:
        assert make_browser("yes", commits=True).get(page.url).status_code == 200
    finally:
        app.conf.task_always_eager, app.conf.broker_url = eager, broker
    assert buffer.length() == 1


def test_a_browsers_new_id_is_for_no_cache_to_share(page):
    browser = make_browser()
    first, second = browser.get(page.url), browser.get(page.url)
    assert [
        ("crm_visitor" in response.cookies, response.headers.get("Cache-Control", ""))
        for response in (first, second)
    ] == [(True, "private"), (False, "")]
    assert "Cookie" in first["Vary"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda crm: crm.member,
        lambda crm: crm.member_id,
        lambda crm: crm.segments,
        lambda crm: crm.part("points"),
    ],
)
def test_what_reads_of_the_member_is_for_no_cache_to_share(page, member, monkeypatch, ask):
    serve, browser = type(page).serve, make_browser(None, user=member.user)
    browser.get(page.url)  # gives it its own id, which no cache may share either

    def reading(self, request, *args, **kwargs):
        ask(request.crm)
        return serve(self, request, *args, **kwargs)

    monkeypatch.setattr(type(page), "serve", reading)
    response = browser.get(page.url)
    assert response["Cache-Control"] == "private"
    assert "Cookie" in response["Vary"]
    assert make_browser(None).get(page.url)["Vary"] == response["Vary"]


def test_what_is_the_same_for_all_members_may_be_shared(page, member):
    browser = make_browser(user=member.user)
    browser.get(page.url)
    assert "Cache-Control" not in browser.get(page.url).headers
