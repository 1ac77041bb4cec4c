"""What pages measure, in segments: the sentence in both languages, and who comes in."""

import json

import pytest
from django.utils.translation import override

from tests.members.factories import make_registered_member
from tests.segments.factories import behaviour, make_segment
from tests.tracking.factories import make_browser, make_page, make_site
from wagtail_crm.members.actions import record_consent
from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def kneading():
    make_site()
    return make_page("Kneading")


@pytest.mark.parametrize(
    ("kind", "english", "japanese"),
    [
        (
            "video_completed",
            "Members who watched the video on Kneading to the end at least twice.",
            "「Kneading」の動画を2回以上最後まで視聴している会員",
        ),
        (
            "video_progress",
            "Members who watched part of the video on Kneading at least twice.",
            "「Kneading」の動画を2回以上途中まで視聴している会員",
        ),
        (
            "engagement",
            "Members who stayed on Kneading at least twice.",
            "「Kneading」に2回以上滞在している会員",
        ),
        (
            "outbound_click",
            "Members who followed a link on Kneading to another site at least twice.",
            "「Kneading」で外部サイトへのリンクを2回以上クリックしている会員",
        ),
        (
            "download",
            "Members who downloaded a file from Kneading at least twice.",
            "「Kneading」でファイルを2回以上ダウンロードしている会員",
        ),
        (
            "form_submitted",
            "Members who sent the form on Kneading at least twice.",
            "「Kneading」のフォームを2回以上送信している会員",
        ),
    ],
)
def test_sentences(kneading, kind, english, japanese):
    rule = behaviour(kind, pages=[kneading], below=False, times=2)
    segment = make_segment(rule, publish=False)
    for language, sentence in (("en", english), ("ja", japanese)):
        with override(language):
            assert Segment.objects.get(pk=segment.pk).sentence == sentence


def test_sentences_of_those_who_did_not():
    never = [
        behaviour(kind, comparison="at_most", times=0)
        for kind in ("video_completed", "search_without_result")
    ]
    segment = make_segment(*never, publish=False)
    said = []
    for language in ("en", "ja"):
        with override(language):
            said.append(Segment.objects.get(pk=segment.pk).sentence)
    assert said == [
        "Members who did not watch the video on any page to the end "
        "and who did not search for anything and find nothing.",
        "ページの動画を最後まで視聴しておらず、キーワードを検索して結果なしに終わっていない会員",
    ]


def test_whoever_watches_the_film_of_a_page_to_the_end_comes_in(kneading):
    segment = make_segment(behaviour("video_completed", pages=[kneading], below=False))
    member, other = make_registered_member(), make_registered_member("other@example.jp")
    for person, page in ((member, kneading), (other, make_page("Rye"))):
        record_consent(member=person, purpose="profiling", granted=True, source="test")
        body = {"page": page.pk, "events": [{"kind": "video_completed", "data": {"video": "Film"}}]}
        make_browser(None, user=person.user, commits=True).post(
            "/crm/beacon/",
            json.dumps(body),
            content_type="text/plain",
            headers={"sec-fetch-site": "same-origin"},
        )
    assert list(Member.objects.filter(memberships__segment=segment)) == [member]
