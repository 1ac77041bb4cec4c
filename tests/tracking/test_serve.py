import pytest
from django.http import HttpResponse
from wagtail.models import Locale, PageViewRestriction

from tests.members.factories import make_user
from tests.tracking.factories import CHROME, GOOGLEBOT, IPHONE, make_browser, make_page
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db


def recorded():
    actions.drain_buffer()
    return list(
        Event.objects.of_kinds("page_view").order_by("at").values_list("page_id", flat=True)
    )


def test_a_view_is_recorded_by_page_with_the_device(page):
    make_browser(agent=IPHONE).get(page.url)
    assert recorded() == [page.pk]
    event = Event.objects.get()
    assert event.site == page.get_site()
    assert event.data == {
        "device": "phone",
        "os": "iOS",
        "browser": "Mobile Safari",
        "language": "ja",
        "locale": "ja",
    }


def test_a_moved_page_keeps_its_views(page):
    make_browser().get(page.url)
    page.slug = "rye"
    page.save()
    make_browser().get("/rye/")
    assert recorded() == [page.pk, page.pk]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
        {"x-purpose": "preview"},
        {"sec-purpose": "", "purpose": "prefetch"},
        {"x-sec-purpose": "prefetch"},
        {"user-agent": GOOGLEBOT},
        {"user-agent": "python-requests/2.32"},
        {"user-agent": ""},
    ],
)
def test_what_nobody_looks_at_is_not_recorded(page, headers):
    assert make_browser().get(page.url, headers=headers).status_code == 200
    assert recorded() == []


def test_only_get_is_a_view(page):
    client = make_browser()
    client.head(page.url)
    client.post(page.url)
    client.options(page.url)
    assert recorded() == []


def test_a_page_that_is_not_there_is_no_view(page):
    assert make_browser().get("/nowhere/").status_code == 404
    page.live = False
    page.save()
    assert make_browser().get(page.url).status_code == 404
    assert recorded() == []


def test_a_redirect_is_no_view(page):
    assert make_browser().get(page.url.rstrip("/")).status_code == 301
    assert recorded() == []


@pytest.mark.parametrize("status", [204, 206, 302, 304, 404, 410, 500])
def test_a_page_that_answers_something_else_is_no_view(page, monkeypatch, status):
    monkeypatch.setattr(type(page), "serve", lambda *_: HttpResponse(status=status))
    assert make_browser().get(page.url).status_code == status
    assert recorded() == []


@pytest.mark.parametrize(
    ("restriction", "status"),
    [
        ({"restriction_type": PageViewRestriction.PASSWORD, "password": "x"}, 200),
        ({"restriction_type": PageViewRestriction.LOGIN}, 302),
    ],
)
def test_the_door_of_a_private_page_is_no_view(page, restriction, status):
    PageViewRestriction.objects.create(page=page, **restriction)
    assert make_browser().get(page.url).status_code == status
    assert recorded() == []


def test_a_private_page_is_a_view_for_those_who_may_see_it(page):
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    make_browser(user=make_user()).get(page.url)
    assert recorded() == [page.pk]


def test_a_preview_is_no_view(page, rf):
    editor = make_user(is_superuser=True)
    client = make_browser(user=editor)
    request = client.get(page.url).wsgi_request
    assert page.make_preview_request(request).status_code == 200
    assert recorded() == []


def test_nothing_that_a_preview_does_is_recorded(page, crm_settings, monkeypatch):
    crm_settings(TRACK_STAFF=True)
    client = make_browser(user=make_user(is_superuser=True))
    request = client.get(page.url).wsgi_request
    serve_preview = type(page).serve_preview

    def searching(self, request, mode):
        request.crm.track("search", subject="rye")
        return serve_preview(self, request, mode)

    monkeypatch.setattr(type(page), "serve_preview", searching)
    assert page.make_preview_request(request).status_code == 200
    assert recorded() == [page.pk]
    assert not Event.objects.of_kinds("search").exists()


def test_staff_are_no_visitors(page):
    make_browser(user=make_user(is_superuser=True)).get(page.url)
    assert recorded() == []


def test_where_a_visit_came_from_is_kept(page):
    make_browser().get(
        page.url + "?utm_source=letter&utm_campaign=" + "x" * 200 + "&utm_other=1",
        headers={"referer": "https://news.example.org:8443/story?id=1"},
    )
    recorded()
    assert Event.objects.get().data["touch"] == {
        "utm_source": "letter",
        "utm_campaign": "x" * 100,
        "referrer": "news.example.org",
    }


@pytest.mark.parametrize(
    "referrer", ["", "http://testserver/other/", "http://[broken", "about:blank", "//", "\x00"]
)
def test_no_foreign_site_led_here(page, referrer):
    response = make_browser().get(page.url, headers={"referer": referrer})
    assert response.status_code == 200
    assert recorded() == [page.pk]
    assert "touch" not in Event.objects.get().data


def test_the_own_site_is_known_by_its_ipv6_address(page, settings):
    settings.ALLOWED_HOSTS = ["[::1]"]
    headers = {"host": "[::1]:8000", "referer": "http://[::1]:8000/"}
    assert make_browser().get(page.url, headers=headers).status_code == 200
    assert recorded() == [page.pk]
    assert "touch" not in Event.objects.get().data


def test_null_characters_in_addresses_reach_no_database(page):
    make_browser().get(page.url + "?utm_source=a%00b")
    assert recorded() == [page.pk]
    assert Event.objects.get().data["touch"] == {"utm_source": "ab"}


def test_a_failure_to_record_is_not_the_visitors(page, monkeypatch, caplog):
    monkeypatch.setattr("wagtail_crm.tracking.serve.PAGE_VIEW", "dance")
    assert make_browser().get(page.url).status_code == 200
    assert f"A view of page {page.pk} was not recorded." in caplog.text


def test_pages_of_one_visit_share_a_visitor(page):
    client = make_browser(agent=CHROME)
    client.get(page.url)
    client.get(make_page("Rye").url)
    recorded()
    assert Event.objects.values("visitor").distinct().count() == 1


def test_the_language_of_the_page_and_of_the_reader_are_kept(page):
    english = Locale.objects.create(language_code="en")
    page.locale = english
    page.save()
    make_browser().get(page.url, headers={"accept-language": "ja"})
    recorded()
    data = Event.objects.get().data
    assert (data["language"], data["locale"]) == ("ja", "en")
