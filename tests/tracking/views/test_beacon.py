"""Where pages report what happened on them."""

import json

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.client import FakePayload
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail import hooks

from tests.members.factories import make_registered_member
from tests.tracking.factories import CHROME, GOOGLEBOT, make_browser, make_page
from wagtail_crm.members.actions import record_consent
from wagtail_crm.tracking import actions, buffer, rates
from wagtail_crm.tracking.kinds import EventKind
from wagtail_crm.tracking.models import Event
from wagtail_crm.tracking.schemas import Facts
from wagtail_crm.tracking.views.beacon import beacon

pytestmark = pytest.mark.django_db
URL = "/crm/beacon/"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}
STAY = {"kind": "engagement", "data": {"value": 31, "scroll": 80}}


class Clock:
    """What counts reports by the minute looks at this one, whose minute ends when a test says."""

    now = 0

    def time(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(rates, "time", Clock())
    return rates.time


def report(client, *events, page=0, headers=SAME_ORIGIN, **extra):
    body = json.dumps({"page": page, "events": events or [STAY]})
    return client.post(URL, body, content_type="text/plain", headers=headers, **extra)


def answer(response):
    return response.status_code, response.content.decode()


def recorded():
    actions.drain_buffer()
    return [(e.kind, e.page_id, e.subject, e.value, e.data) for e in Event.objects.order_by("id")]


def test_the_address():
    assert reverse("wagtail_crm_tracking:beacon") == URL


def test_what_a_page_reports_is_in_the_log(page):
    client = make_browser()
    click = {"kind": "outbound_click", "data": {"url": "https://example.com/a?b=c"}}

    assert answer(report(client, STAY, click, page=page.pk)) == (204, "")

    device = {"device": "computer", "os": "Windows", "browser": "Chrome"}
    assert recorded() == [
        ("engagement", page.pk, "", 31, device | {"scroll": 80}),
        ("outbound_click", page.pk, "example.com", None, device | {"url": "https://example.com/a"}),
    ]
    [visitor] = {event.visitor_id for event in Event.objects.all()}
    assert str(visitor) == client.cookies["crm_visitor"].value


def test_the_member_is_that_of_the_session(page):
    member = make_registered_member()
    record_consent(member=member, purpose="profiling", granted=True, source="test")
    report(make_browser(None, user=member.user), page=page.pk)
    recorded()
    event = Event.objects.of_kinds("engagement").get()
    assert (event.member_id, event.site_id) == (member.pk, page.get_site().pk)


def test_the_only_cookie_is_that_of_a_consenting_browser_without_one(page):
    client = Client(enforce_csrf_checks=True, headers={"user-agent": CHROME})
    assert dict(report(client, page=page.pk).cookies) == {}
    client.cookies["crm_consent"] = "1:yes"
    assert list(report(client, page=page.pk).cookies) == ["crm_visitor"]
    response = report(client, page=page.pk)
    assert dict(response.cookies) == {}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("consent", [None, "no"])
def test_without_consent_nothing_is_kept(page, consent):
    response = report(make_browser(consent), page=page.pk)
    assert (answer(response), dict(response.cookies)) == ((204, ""), {})
    assert (recorded(), buffer.length()) == ([], 0)


def test_machines_are_not_measured(page):
    assert report(make_browser(agent=GOOGLEBOT), page=page.pk).status_code == 204
    assert recorded() == []


def test_a_visit_asks_no_database(page):
    client = make_browser()
    report(client, page=page.pk)
    with CaptureQueriesContext(connection) as captured:
        assert report(client, page=page.pk).status_code == 204
    assert captured.captured_queries == []
    assert buffer.length() == 2


def test_a_members_visit_asks_only_for_the_session(page):
    member = make_registered_member()
    record_consent(member=member, purpose="profiling", granted=True, source="test")
    client = make_browser(None, user=member.user)
    report(client, page=page.pk)
    with CaptureQueriesContext(connection) as captured:
        report(client, page=page.pk)
    assert ["django_session" in query["sql"] for query in captured.captured_queries] == [True]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_other_sites_are_refused(page, headers):
    response = report(make_browser(), page=page.pk, headers=headers)
    assert answer(response) == (403, "Only pages of this site report here.\n")
    assert recorded() == []


def test_the_origin_counts_where_the_browser_says_no_more(page):
    headers = {"origin": "http://testserver"}
    assert report(make_browser(), page=page.pk, headers=headers).status_code == 204
    assert len(recorded()) == 1


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "patch"])
def test_only_post_reports(page, method):
    response = getattr(make_browser(), method)(URL, headers=SAME_ORIGIN)
    assert response.status_code == 405


BAD = [
    (b"", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
    (b"\xff", "Invalid JSON: expected value at line 1 column 1"),
    (b"[]", "Input should be an object"),
    (b'{"events": []}', "events: List should have at least 1 item after validation, not 0"),
    (
        json.dumps({"events": [STAY] * 21}).encode(),
        "events: List should have at most 20 items after validation, not 21",
    ),
    (
        json.dumps({"events": [STAY], "member": 5}).encode(),
        "member: Extra inputs are not permitted",
    ),
    (
        json.dumps({"events": [STAY | {"visitor": "x"}]}).encode(),
        "events.0.visitor: Extra inputs are not permitted",
    ),
    (
        json.dumps({"page": -1, "events": [STAY]}).encode(),
        "page: Input should be greater than or equal to 0",
    ),
    (json.dumps({"events": [{"kind": "\0"}]}).encode(), "null characters are no text"),
    (json.dumps({"events": [{"kind": "dance"}]}).encode(), "kind: not one that pages may report"),
    (
        b'{"events": [{"kind": "outbound_click", "data": {"url": "http://a]b"}}]}',
        "url: Value error, not an address",
    ),
    (
        '{"events": [{"kind": "outbound_click", "data": {"url": "http://a℀.jp"}}]}'.encode(),
        "url: Value error, not an address",
    ),
    (
        json.dumps({"events": [{"kind": "purchase"}]}).encode(),
        "kind: not one that pages may report",
    ),
]


@pytest.mark.parametrize(("body", "reason"), BAD)
@pytest.mark.parametrize("consent", ["yes", None])
def test_what_is_no_report_is_refused_with_the_reason_whoever_is_looking(
    page, body, reason, consent
):
    client = make_browser(consent)
    response = client.post(URL, body, content_type="text/plain", headers=SAME_ORIGIN)
    assert answer(response) == (400, reason + "\n")
    assert response["Content-Type"] == "text/plain"
    assert recorded() == []


def test_one_bad_event_refuses_the_report(page):
    response = report(make_browser(), STAY, {"kind": "engagement"}, page=page.pk)
    assert answer(response) == (400, "value: Field required\n")
    assert recorded() == []


def test_a_report_is_small(page):
    body = b" " * 16_385
    response = make_browser().post(URL, body, content_type="text/plain", headers=SAME_ORIGIN)
    assert answer(response) == (413, "A report has at most 16384 bytes.\n")


class Streamed(FakePayload):
    """A body that comes in pieces: nobody says how long it is."""

    left = False

    def read(self, size=-1):
        assert 0 <= size <= 16_385
        if self.left:
            raise OSError("The browser is gone.")
        return super().read(size)


@pytest.mark.parametrize("length", ["", "0", "9" * 5000])
def test_a_body_of_any_length_is_read_as_far_as_a_report_may_be(length):
    request = RequestFactory(headers=SAME_ORIGIN).post(URL)
    request.META["CONTENT_LENGTH"] = length
    request._stream = Streamed(b" " * 100_000)

    assert answer(beacon(request)) == (413, "A report has at most 16384 bytes.\n")


def test_a_browser_that_leaves_in_the_middle_is_no_fault():
    request = RequestFactory(headers=SAME_ORIGIN).post(URL)
    request._stream = Streamed(b"")
    request._stream.left = True

    assert beacon(request).status_code == 400


def test_a_page_that_is_no_live_page_of_this_site_is_dropped(page):
    draft = make_page("Draft", live=False)
    client = make_browser()
    for page_id in (draft.pk, page.get_root().pk, 2**40, 2**63 - 1):
        assert answer(report(client, page=page_id)) == (204, "")
    assert recorded() == []


def test_what_is_on_no_page_is_noted_without_one(page):
    report(make_browser())
    assert [event[:2] for event in recorded()] == [("engagement", 0)]


def test_a_browser_that_reports_too_often_is_refused(page, crm_settings):
    crm_settings(BEACON_RATE=2)
    client = make_browser()
    client.get(page.url)
    codes = [report(client, page=page.pk).status_code for _ in range(3)]
    assert codes == [204, 204, 429]
    response = report(client, page=page.pk)
    assert answer(response) == (429, "Too many reports in a minute.\n")
    assert response["Retry-After"] == "60"
    other = make_browser()
    other.get(page.url)
    assert report(other, page=page.pk).status_code == 204


def test_another_minute_counts_anew_whatever_cache_counts(
    page, crm_settings, settings, tmp_path, clock
):
    """Caches in files or a database begin the time of what they count again with each count."""
    files = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": tmp_path}
    settings.CACHES = settings.CACHES | {"files": files}
    crm_settings(BEACON_RATE=2, CACHE_ALIAS="files")
    client = make_browser()
    client.get(page.url)
    codes = [report(client, page=page.pk).status_code for _ in range(3)]
    clock.now = 60
    assert [*codes, report(client, page=page.pk).status_code] == [204, 204, 429, 204]


def test_an_address_that_makes_up_browsers_is_refused(page, crm_settings, redis):
    crm_settings(BEACON_RATE=1)
    here, there = ({"REMOTE_ADDR": address} for address in ("8.8.8.8", "2001:4860:4860::8888"))
    codes = [report(make_browser(), page=page.pk, **here).status_code for _ in range(21)]
    assert codes == [204] * 20 + [429]
    assert report(make_browser(), page=page.pk, **there).status_code == 204
    assert [key for key in redis.keys("*") if b"8.8.8.8" in key] == []


def test_a_household_is_one_address_however_many_it_has(page, crm_settings):
    crm_settings(BEACON_RATE=1)
    household = [{"REMOTE_ADDR": f"2001:4860:4860:1::{number}"} for number in range(1, 22)]
    codes = [report(make_browser(), page=page.pk, **here).status_code for here in household]
    assert codes == [204] * 20 + [429]
    next_door = {"REMOTE_ADDR": "2001:4860:4860:2::1"}
    assert report(make_browser(), page=page.pk, **next_door).status_code == 204


def test_an_address_of_ipv4_is_the_same_written_as_ipv6(page, crm_settings):
    crm_settings(BEACON_RATE=1)
    addresses = ["8.8.8.8", "::ffff:8.8.8.8"] * 10 + ["8.8.8.8"]
    codes = [
        report(make_browser(), page=page.pk, REMOTE_ADDR=address).status_code
        for address in addresses
    ]
    assert codes == [204] * 20 + [429]


def test_behind_a_proxy_nobody_told_of_visitors_do_not_hinder_each_other(page, crm_settings):
    crm_settings(BEACON_RATE=1)
    proxy = {"REMOTE_ADDR": "10.0.0.1"}
    assert {report(make_browser(), page=page.pk, **proxy).status_code for _ in range(22)} == {204}


def test_without_the_cache_reports_are_taken(page, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "wagtail_crm.tracking.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert report(make_browser(), page=page.pk).status_code == 204
    assert len(recorded()) == 1


class Quiz(Facts):
    subject: str
    score: int


def test_a_kind_of_the_sites_own(page, registries):
    kind = EventKind("quiz_finished", "Finished a quiz", schema=Quiz, from_browser=True)
    with hooks.register_temporarily("register_crm_event_kinds", lambda: [kind]):
        done = {"kind": "quiz_finished", "data": {"subject": "quiz:bread", "score": 7}}
        assert report(make_browser(), done, page=page.pk).status_code == 204
        [(name, page_id, subject, value, data)] = recorded()
    assert (name, page_id, subject, value) == ("quiz_finished", page.pk, "quiz:bread", None)
    assert data["score"] == 7


def test_a_document_of_the_site_is_counted_where_it_is_served(page):
    def download(url):
        report(make_browser(), {"kind": "download", "data": {"url": url}}, page=page.pk)

    download("http://testserver/documents/7/flyer.pdf")
    download("http://testserver/media/flyer.pdf")
    download("https://other.example/documents/7/flyer.pdf")
    assert [event[2] for event in recorded()] == [
        "file:/media/flyer.pdf",
        "file:/documents/7/flyer.pdf",
    ]
