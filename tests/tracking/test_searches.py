"""What visitors search for."""

import pytest

from tests.tracking.factories import make_browser
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.models import Event
from wagtail_crm.tracking.searches import record_search

pytestmark = pytest.mark.django_db


def recorded():
    actions.drain_buffer()
    events = Event.objects.order_by("id")
    return [(event.kind, event.subject, event.data.get("results")) for event in events]


@pytest.fixture
def search(page, rf):
    """A search view that is called with these words and has so many results."""

    def run(words, results, method="get", **headers):
        client = make_browser()
        request = client.get("/nowhere/").wsgi_request
        request.method = method.upper()
        request.META |= headers
        record_search(request, words, results=results)
        actions.save_events(events=request.crm.pending)

    return run


def test_a_search_is_recorded_in_one_spelling(search):
    search("  Ｒｙｅ   FLOUR ", 3)
    search("ライ麦", 0)
    assert recorded() == [
        ("search", "rye flour", 3),
        ("search", "ライ麦", 0),
        ("search_without_result", "ライ麦", None),
    ]


@pytest.mark.parametrize("words", ["", "  ", "\u3000"])
def test_no_words_are_no_search(search, words):
    search(words, 0)
    assert recorded() == []


def test_strange_words_are_recorded_as_far_as_they_are_text(search):
    search("rye\0 \ud800", 1)
    search("x" * 300, 1)
    assert [subject for _kind, subject, _results in recorded()] == ["rye ?", "x" * 120]


def test_what_nobody_looks_at_is_no_search(search):
    search("rye", 3, HTTP_SEC_PURPOSE="prefetch")
    search("rye", 3, method="head")
    assert recorded() == []


def test_the_search_page_of_the_example_site(page):
    client = make_browser()
    assert client.get("/search/?q=Nothing%20like%20it").status_code == 200
    assert client.get("/search/").status_code == 200
    assert recorded() == [
        ("search", "nothing like it", 0),
        ("search_without_result", "nothing like it", None),
    ]
