"""Who is in one segment, in another, in both."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.members.factories import make_member
from tests.segments.factories import behaviour, make_segment, record
from tests.segments.posting import ENGLISH
from wagtail_crm.segments.overlap import WIDTH, Overlap, overlap_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


@pytest.fixture
def both():
    """Two log in, three search, one of them does both."""
    people = [make_member() for _number in range(4)]
    for member in people[:2]:
        record(member, kind="login")
    for member in people[1:]:
        record(member, kind="search")
    names = {"login": "Guests", "search": "Seekers"}
    return [make_segment(behaviour(kind), name=name) for kind, name in names.items()]


def test_is_counted_in_one_query(both):
    with CaptureQueriesContext(connection) as queries:
        overlap = overlap_of(*both)

    assert overlap == Overlap(first=1, both=1, second=2)
    assert len(queries) == 1
    assert (overlap.share_of_first, overlap.share_of_second) == (50, 33)


def test_empty_segments_share_nobody():
    assert overlap_of(make_segment(), make_segment()) == Overlap(0, 0, 0)


@pytest.mark.parametrize("parts", [(1, 1, 1), (0, 7, 0), (3, 0, 5), (10**6, 1, 10**6)])
def test_the_bar_is_as_wide_as_its_frame(parts):
    widths = Overlap(*parts).widths
    assert sum(widths) in (WIDTH, WIDTH - 1)
    assert all((width > 0) == (part > 0) for width, part in zip(widths, parts, strict=True))


def test_is_drawn_with_its_numbers(chief, client, both):
    first, second = both
    url = reverse("crm_segment_overlap", args=[first.pk])

    empty = client.get(url, **ENGLISH).content.decode()
    html = client.get(url, {"other": second.pk}, **ENGLISH).content.decode()

    assert "Choose another segment to see how many members are in both." in empty
    for words in (
        "<title>Overlap with another segment: Guests -",
        "<dt>only in “Guests”</dt><dd>1</dd>",
        "<dt>in both</dt><dd>1</dd>",
        "<dt>only in “Seekers”</dt><dd>2</dd>",
        "50% of “Guests” are also in “Seekers”.",
        "33% of “Seekers” are also in “Guests”.",
    ):
        assert words in html


@pytest.mark.parametrize("other", ["", "x", "99999999"])
def test_another_segment_has_to_be_chosen(chief, client, both, other):
    url = reverse("crm_segment_overlap", args=[both[0].pk])
    response = client.get(url, {"other": other}, **ENGLISH)
    assert (response.status_code, "overlap" in response.context) == (200, False)


def test_is_for_who_may_see_segments(editor, client, both):
    url = reverse("crm_segment_overlap", args=[both[0].pk])
    editor()
    assert client.get(url).status_code == 302
    editor("view")
    assert client.get(url).status_code == 200


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_what_takes_too_long_is_cut_off(chief, client, both, settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"COUNT_TIMEOUT": 0.1}
    first, second = both
    url = reverse("crm_segment_overlap", args=[first.pk])
    client.get(url, **ENGLISH)
    rival = connection.copy()
    rival.set_autocommit(False)
    try:
        with rival.cursor() as cursor:
            cursor.execute("LOCK TABLE wagtail_crm_segments_membership IN ACCESS EXCLUSIVE MODE")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")  # so that it fails rather than waits
        page = client.get(url, {"other": second.pk}, **ENGLISH)
    finally:
        rival.close()
        connection.close()

    assert "Counting both takes too long at present." in page.text
