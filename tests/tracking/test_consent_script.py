"""The consent bar on a page that a cache gives to everybody, in a real browser."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from wagtail_crm.tracking.context import Crm

pytestmark = pytest.mark.browser
ADDRESS = "https://shop.example/rye/?utm_source=letter"
PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Rye</title>
<main style="height: 3000px"><h1>Rye</h1>
<p style="padding-top: 1500px"><a id="far" href="/far/">Far below</a></p></main>{bar}</html>"""


@pytest.fixture(params=["en", "ja"])
def cached(request):
    """The one copy of the page that everybody gets, in each language."""
    asked = RequestFactory().get("/rye/")
    asked.crm = Crm(asked)
    template = Template("{% load crm_consent %}{% consent_bar '/privacy/' cached=True %}")
    with translation.override(request.param):
        bar = template.render(Context({"request": asked}))
    return PAGE.format(language=request.param, bar=bar)


@pytest.fixture
def opened(new_page, cached):
    """The page as a browser with this cookie, and this signal, shows it."""

    def serve(route):
        path = route.request.url.partition("/static/")[2]
        if path:
            kind = "text/css" if path.endswith("css") else "text/javascript"
            route.fulfill(body=Path(finders.find(path)).read_text(), content_type=kind)
        else:
            headers = {"Content-Security-Policy": "script-src 'self'", "Content-Type": "text/html"}
            route.fulfill(body=cached, headers=headers)

    def go(cookie=None, signal="", **options):
        page = new_page(**options)
        page.route("**/*", serve)
        if cookie:
            page.context.add_cookies(
                [{"name": "crm_consent", "value": cookie, "url": "https://shop.example"}]
            )
        if signal:
            page.add_init_script(f"Object.defineProperty(navigator, '{signal}', {{value: '1'}})")
        page.goto(ADDRESS)
        return page

    return go


@pytest.mark.parametrize(
    ("cookie", "signal", "asks"),
    [
        (None, "", True),
        ("1:yes", "", False),
        ('"1:yes"', "", False),
        ("1:no", "", False),
        ("0:no", "", False),
        ("0:yes", "", True),
        (None, "globalPrivacyControl", False),
        (None, "doNotTrack", False),
    ],
)
def test_who_is_asked(opened, cookie, signal, asks):
    page = opened(cookie, signal)
    assert page.locator(".crm-consent").is_visible() is asks


def test_the_answer_leads_back_to_the_whole_address(opened):
    page = opened()
    assert page.locator("[name=next]").input_value() == "/rye/?utm_source=letter"


def test_answering_in_another_tab_is_noticed(opened):
    page = opened()
    page.context.add_cookies(
        [{"name": "crm_consent", "value": "1:yes", "url": "https://shop.example"}]
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert not page.locator(".crm-consent").is_visible()


def test_without_scripts_a_link_leads_to_the_question(opened):
    page = opened(java_script_enabled=False)
    assert not page.locator(".crm-consent").is_visible()
    assert page.locator(".crm-consent-link a").get_attribute("href") == "/crm/consent/"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (320, 640)])
def test_it_is_used_by_keyboard_and_hides_nothing_that_has_the_focus(opened, width, height):
    page = opened(width=width, height=height)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "far"
    link, bar = page.locator("#far").bounding_box(), page.locator(".crm-consent").bounding_box()
    assert link["y"] + link["height"] <= bar["y"]
    focused = []
    for _ in range(3):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.value || document.activeElement.href"))
    assert focused == ["https://shop.example/privacy/", "no", "yes"]
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(opened, assert_accessible, scheme):
    page = opened(color_scheme=scheme, width=390, height=844)
    assert_accessible(page, ".crm-consent")
