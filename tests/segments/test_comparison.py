"""What the history of a segment says between two versions."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from tests.segments.factories import make_segment, purchase
from tests.segments.posting import ENGLISH
from wagtail_crm.segments.comparison import changes_between

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (
            "過去90日間に4回以上購入している会員",
            "過去90日間に5回以上購入している会員",
            [
                ("equal", "過去90日間に"),
                ("deletion", "4"),
                ("addition", "5"),
                ("equal", "回以上購入している会員"),
            ],
        ),
        (
            "who bought it at least twice.",
            "who bought it for the 3rd time.",
            [
                ("equal", "who bought it "),
                ("deletion", "at least twice"),
                ("addition", "for the 3rd time"),
                ("equal", "."),
            ],
        ),
        (
            "「商品」を過去30日間に2回以上見ている会員",
            "「商品」を過去60日間に5回以上見ているか、（商品を過去30日間に購入していない）会員",
            [
                ("equal", "「商品」を過去"),
                ("deletion", "30日間に2回以上見ている"),
                ("addition", "60日間に5回以上見ているか、（商品を過去30日間に購入していない）"),
                ("equal", "会員"),
            ],
        ),
        ("All members.", "All members.", [("equal", "All members.")]),
        ("", "東京", [("addition", "東京")]),
        (
            "at least 1,000 yen",
            "at least 900 yen",
            [("equal", "at least "), ("deletion", "1,000"), ("addition", "900"), ("equal", " yen")],
        ),
    ],
)
def test_words_are_told_apart_without_spaces(before, after, changes):
    assert changes_between(before, after) == changes


def test_versions_are_compared_in_words(chief, client):
    segment = make_segment(purchase(amount=4), name="Regulars")
    before = segment.latest_revision_id
    kind, value = purchase(amount=5)
    segment.rules = segment.rules.stream_block.to_python([{"type": kind, "value": value}])
    after = segment.save_revision().pk
    address = reverse("crm_segment:revisions_compare", args=[segment.pk, before, after])
    page = BeautifulSoup(client.get(address, **ENGLISH).text, "html.parser")
    (cell,) = page.select("td.comparison")
    (deleted,), (added,) = cell.select(".deletion"), cell.select(".addition")
    assert (deleted.text, added.text) == ("4", "5")
    deleted.decompose()
    assert cell.get_text(strip=True) == "Members who bought something at least5times."
