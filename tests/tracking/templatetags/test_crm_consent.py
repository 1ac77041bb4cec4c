import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.utils import translation

from tests.tracking.factories import CHROME
from wagtail_crm.tracking.context import Crm

TEMPLATE = Template("{% load crm_consent %}{% consent_bar privacy_url='/privacy/' %}")
CACHED = Template("{% load crm_consent %}{% consent_bar privacy_url='/privacy/' cached=True %}")


@pytest.fixture
def bar(rf):
    """The bar as this visitor gets it."""

    def render(cookie=None, language="en", template=TEMPLATE, **headers):
        request = rf.get("/rye/?q=a&b=1", headers={"user-agent": CHROME} | headers)
        if cookie:
            request.COOKIES["crm_consent"] = cookie
        request.user = AnonymousUser()
        request.crm = Crm(request)
        with translation.override(language):
            html = template.render(Context({"request": request}))
        return " ".join(html.split()), request

    return render


def test_it_asks_with_two_answers(bar):
    html, _request = bar()
    assert html.count('<button class="crm-consent__button" type="submit" name="answer"') == 2
    assert '<form class="crm-consent__answers" action="/crm/consent/" method="post">' in html
    assert '<input type="hidden" name="next" value="/rye/?q=a&amp;b=1">' in html
    assert '<a class="crm-consent__more" href="/privacy/">' in html
    assert "May we remember what you read here?" in html


def test_it_needs_no_cookie_and_no_script(bar):
    html, request = bar()
    assert "CSRF_COOKIE" not in request.META
    assert "<script" not in html
    assert "style=" not in html


def test_it_says_something_else_where_recording_goes_on(bar, crm_settings):
    crm_settings(CONSENT_MODE="notice")
    html, _request = bar()
    assert "We remember what you read here" in html
    assert "Stop remembering" in html


def test_it_speaks_japanese(bar):
    html, _request = bar(language="ja")
    assert "記録" in html
    assert "remember" not in html


@pytest.mark.parametrize("cookie", ["1:yes", "1:no"])
def test_it_goes_once_answered(bar, cookie):
    assert bar(cookie)[0] == ""


def test_it_is_not_shown_to_those_whose_browser_says_no(bar):
    assert bar(**{"sec-gpc": "1"})[0] == ""


def test_it_is_not_shown_where_nobody_is_asked(bar, crm_settings):
    crm_settings(CONSENT_MODE="off")
    assert bar()[0] == ""


def test_it_is_not_shown_in_previews_or_without_the_middleware(rf):
    request = rf.get("/")
    assert TEMPLATE.render(Context({"request": request})) == ""
    assert TEMPLATE.render(Context({})) == ""
    request.crm = Crm(request)
    request.is_preview = True
    assert TEMPLATE.render(Context({"request": request})) == ""


def test_a_page_with_the_bar_depends_on_cookies(bar):
    _html, request = bar()
    assert request.crm.depends_on_cookies is True


def test_on_a_cached_page_it_is_the_same_for_everybody(bar):
    asked = [bar(cookie, template=CACHED) for cookie in (None, "1:yes", "1:no")]
    asked.append(bar(template=CACHED, **{"sec-gpc": "1"}))
    [html] = {html for html, _request in asked}
    assert '<section class="crm-consent" aria-labelledby="crm-consent-title" hidden>' in html
    assert 'consent.js" defer data-cookie="crm_consent" data-yes="1:yes"></script>' in html
    assert '<noscript><p class="crm-consent-link"><a href="/crm/consent/">' in html
    assert '<input type="hidden" name="next" value="">' in html
    assert "q=a" not in html
    assert [request.crm.depends_on_cookies for _html, request in asked] == [False] * 4


def test_on_a_cached_page_nobody_is_asked_in_mode_off(bar, crm_settings):
    crm_settings(CONSENT_MODE="off")
    assert bar(template=CACHED)[0] == ""
