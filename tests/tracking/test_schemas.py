"""What events may say, by kind."""

from decimal import Decimal

import pytest
from pydantic import Field

from wagtail_crm.tracking.kinds import EventKind, event_kinds
from wagtail_crm.tracking.schemas import Facts, InvalidFacts, Said, checked


def said(kind, **data):
    return checked(event_kinds[kind].browser_schema, data)


def test_browsers_may_report_these_kinds_and_no_other():
    assert [slug for slug, kind in event_kinds.items() if kind.browser_schema] == [
        "engagement",
        "outbound_click",
        "download",
        "video_progress",
        "video_completed",
    ]


def test_a_kind_that_browsers_report_has_a_schema():
    with pytest.raises(TypeError, match="'quiz' has no schema"):
        EventKind("quiz", "Quiz", from_browser=True)


def test_a_field_called_value_is_the_events_value():
    assert said("engagement", value=31, scroll=80) == Said("", Decimal(31), {"scroll": 80})


@pytest.mark.parametrize(
    ("address", "host", "kept"),
    [
        ("https://www.example.com/a?b=c#d", "www.example.com", "https://www.example.com/a"),
        ("http://me:secret@Example.com:8080/", "example.com", "http://example.com:8080/"),
    ],
)
def test_of_an_address_only_that_is_kept_which_names_nobody(address, host, kept):
    assert said("outbound_click", url=address) == Said(host, None, {"url": kept})


def test_a_download_is_about_its_file():
    address = "https://shop.example/media/%E4%BE%A1%E6%A0%BC.pdf?token=1"
    kept = "https://shop.example/media/%E4%BE%A1%E6%A0%BC.pdf"
    assert said("download", url=address) == Said("file:/media/価格.pdf", None, {"url": kept})


@pytest.mark.parametrize(
    ("video", "subject"),
    [
        ("https://cdn.example/films/dough.webm?x=1", "video:/films/dough.webm"),
        ("youtube:abc", "video:youtube:abc"),
        ("Kneading", "video:Kneading"),
        ("blob:https://shop.example/1", ""),
        ("", ""),
        ("https://a.b/%00film.webm", "video:/film.webm"),
    ],
)
def test_a_film_is_known_by_its_label_or_its_path(video, subject):
    facts = said("video_completed", video=video)
    assert (facts.subject, "\0" in facts.data["video"]) == (subject, False)


@pytest.mark.parametrize(
    ("kind", "data", "reason"),
    [
        ("engagement", {"value": 0, "scroll": 1}, "value: Input should be greater than or equal"),
        ("engagement", {"value": 14_401, "scroll": 1}, "value: Input should be less than or equal"),
        ("engagement", {"value": 5, "scroll": 101}, "scroll: Input should be less than or equal"),
        ("engagement", {"value": 5}, "scroll: Field required"),
        ("engagement", {"value": 5, "scroll": 5, "member": 1}, "member: Extra inputs"),
        ("outbound_click", {"url": "javascript:alert(1)"}, "url: Value error, not an address"),
        ("outbound_click", {"url": "http://["}, "url: Value error, not an address"),
        ("outbound_click", {"url": "http://a.b/", "subject": "x"}, "subject: Extra inputs"),
        ("download", {"url": "https://a.b/", "subject": "document:1"}, "subject: Extra inputs"),
        ("video_progress", {"video": "x", "percent": 30}, "percent: Input should be 25, 50 or 75"),
    ],
)
def test_what_a_kind_does_not_say_is_refused_with_the_reason(kind, data, reason):
    with pytest.raises(InvalidFacts) as refused:
        said(kind, **data)
    assert str(refused.value).startswith(reason)
    assert "\n" not in str(refused.value)


class Anything(Facts):
    subject: str = ""
    value: Decimal = Field(default=Decimal(1))
    words: list[str] = []


@pytest.mark.parametrize("value", [10**14, -(10**14)])
def test_a_value_that_no_column_holds_is_refused(value):
    with pytest.raises(InvalidFacts, match="value: out of range"):
        checked(Anything, {"value": value})


def test_half_a_character_is_refused():
    with pytest.raises(InvalidFacts, match="subject"):
        checked(Anything, {"subject": "\ud800"})


def test_a_long_subject_is_cut():
    assert checked(Anything, {"subject": "x" * 200}).subject == "x" * 120


def test_a_kind_without_a_schema_says_what_the_site_says():
    kind = EventKind("dance", "Dance")
    assert kind.said("a" * 121, 3, {"b": 1}) == Said("a" * 120, Decimal(3), {"b": 1})
