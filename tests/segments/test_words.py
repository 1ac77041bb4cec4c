"""Segments in words: what an editor reads, exactly."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from tests.members.factories import make_attribute
from tests.segments.factories import attribute, behaviour, group, in_segment, make_segment, purchase
from wagtail_crm.members.models import MemberTag
from wagtail_crm.segments.models import Segment

pytestmark = pytest.mark.django_db


def said(*rules, match="all"):
    segment = make_segment(*rules, match=match, publish=False)
    words = []
    for language in ("en", "ja"):
        with override(language):
            words.append(Segment.objects.get(pk=segment.pk).sentence)
    return words


def tag(name, has="has"):
    made, _created = MemberTag.objects.get_or_create(name=name, defaults={"slug": name})
    return "tag", {"tag": made.pk, "has": has}


def test_sentence_of_the_main_job(tree, prefecture):
    (baking,) = tree("Baking")
    assert said(
        behaviour(pages=[baking], times=2, days=30), attribute(prefecture, "is", "Tokyo")
    ) == [
        "Members who viewed Baking or a page below it at least twice in the last 30 days "
        "and whose prefecture is Tokyo.",
        "「Baking」またはその下のページを過去30日間に2回以上見ていて、都道府県が東京都の会員",
    ]


def test_words_of_a_search_stand_where_they_were_typed(tree):
    (shop,) = tree("Shop")
    assert said(
        behaviour("search", subject="rye", times=2),
        behaviour("search", subject="rye", pages=[shop], comparison="never"),
    ) == [
        "Members who searched for “rye” at least twice "
        "and who did not search for “rye” (on Shop or a page below it).",
        "「rye」を2回以上検索していて、「rye」（「Shop」またはその下のページで）を検索していない会員",
    ]


def test_pages_on_which_something_was_done_to_something_else(tree):
    (shop,) = tree("Shop")
    assert said(behaviour("search", pages=[shop])) == [
        "Members who searched for something (on Shop or a page below it).",
        "キーワード（「Shop」またはその下のページで）を検索している会員",
    ]
    assert said(behaviour("withdrawal", pages=[shop], subject="move")) == [
        "Members who have done “left” (on Shop or a page below it, move).",
        "「退会」（「Shop」またはその下のページで、move）をしている会員",
    ]


def test_details_are_said_of_what_is_done_to_nothing(tree):
    (shop,) = tree("Shop")
    on_phone = {"name": "device", "comparison": "is", "value": "phone"}
    assert said(behaviour("login", pages=[shop], properties=[on_phone], times=2, days=7)) == [
        "Members who signed in (on Shop or a page below it, device is “phone”) at least twice "
        "in the last 7 days.",
        "過去7日間に2回以上（「Shop」またはその下のページで、端末が「スマートフォン」）"
        "ログインしている会員",
    ]


def test_sentence_without_rules():
    assert said() == ["All members.", "すべての会員"]


def test_alternatives_read_as_alternatives(prefecture):
    assert said(
        behaviour("login", times=3),
        attribute(prefecture, "is", "Tokyo"),
        tag("vip"),
        match="any",
    ) == [
        "Members who signed in at least 3 times, whose prefecture is Tokyo "
        "or who have the tag “vip”.",
        "3回以上ログインしているか、都道府県が東京都であるか、タグ「vip」が付いている会員",
    ]


def test_none_of_some_rules_reads_as_negations(prefecture):
    assert said(
        behaviour("purchase", times=1, days=90),
        attribute(prefecture, "one_of", "Tokyo, Osaka"),
        match="none",
    ) == [
        "Members who did not buy anything in the last 90 days and whose prefecture is not "
        "Tokyo or Osaka.",
        "商品を過去90日間に購入しておらず、都道府県が東京都または大阪府ではない会員",
    ]


def test_groups_stand_in_brackets(prefecture, tree):
    (baking,) = tree("Baking")
    inner = group("any", attribute(prefecture, "is", "Tokyo"), tag("vip"))
    assert said(behaviour(pages=[baking], below=False), inner) == [
        "Members who viewed Baking and (whose prefecture is Tokyo or who have the tag “vip”).",
        "「Baking」を見ていて、（都道府県が東京都であるか、タグ「vip」が付いている）会員",
    ]


def test_group_of_one_needs_no_brackets(prefecture):
    inner = group("all", group("any", attribute(prefecture, "is", "Tokyo")))
    assert said(inner) == ["Members whose prefecture is Tokyo.", "都道府県が東京都の会員"]


def test_how_often(tree):
    first, second = tree("A", "B")
    assert [
        said(behaviour("login", comparison="at_most", times=times))[0] for times in (0, 1, 2)
    ] == [
        "Members who did not sign in.",
        "Members who did not sign in more than once.",
        "Members who did not sign in more than 2 times.",
    ]
    assert said(behaviour("login", comparison="at_most", times=1, days=7))[1] == (
        "過去7日間に2回以上はログインしていない会員"
    )
    assert said(behaviour(pages=[first, second], days=1)) == [
        "Members who viewed A, B or a page below them in the last 1 day.",
        "「A」、「B」またはその下のページを過去1日間に見ている会員",
    ]


def test_kind_without_words_of_its_own_is_named():
    assert said(behaviour("withdrawal", times=2)) == [
        "Members who have done “left” at least twice.",
        "「退会」を2回以上している会員",
    ]


def test_amounts():
    assert said(purchase("value", "at_least", "10000", days=90)) == [
        "Members who bought something for at least 10,000 yen in total in the last 90 days.",
        "商品を過去90日間に合計10,000円以上購入している会員",
    ]
    assert said(purchase("value", "at_most", "500")) == [
        "Members who did not buy anything for more than 500 yen in total.",
        "商品を合計500円を超えては購入していない会員",
    ]


@pytest.mark.parametrize(
    ("comparison", "value", "upper", "english", "japanese"),
    [
        ("lt", "20", "", "is less than 20", "ageが20未満の会員"),
        ("gte", "1200", "", "is at least 1,200", "ageが1,200以上の会員"),
        ("between", "20", "29.5", "is between 20 and 29.5", "ageが20から29.5までの会員"),
        ("not_set", "", "", "is not filled in", "ageが入力されていない会員"),
        ("is_not", "5", "", "is not 5", "ageが5ではない会員"),
    ],
)
def test_numbers(comparison, value, upper, english, japanese):
    age = make_attribute("age", type="number")
    rule = attribute(age, comparison, value, upper)
    assert said(rule) == [f"Members whose age {english}.", japanese]


def test_dates_are_written_as_people_write_them():
    born = make_attribute("born", type="date")
    assert said(attribute(born, "gte", "2000-02-03")) == [
        "Members whose born is on or after Feb. 3, 2000.",
        "bornが2000年2月3日以降の会員",
    ]


def test_yes_and_no_stand_apart_from_the_words_around_them():
    vegan = make_attribute("vegan", label="ベジタリアン", type="boolean")
    assert said(attribute(vegan, "is", "true")) == [
        "Members whose ベジタリアン is Yes.",
        "ベジタリアンが「はい」の会員",
    ]
    assert said(attribute(vegan, "is_not", "true"))[1] == "ベジタリアンが「はい」ではない会員"


def test_label_that_is_an_abbreviation_keeps_its_capitals():
    vip = make_attribute("vip", label="VIP since", type="date")
    assert said(attribute(vip, "set"))[0] == "Members whose VIP since is filled in."


def test_texts_and_lists():
    notes = make_attribute("notes")
    likes = make_attribute("likes", type="choices", choices="bread\ncake")
    assert said(attribute(notes, "contains", "oven"), attribute(likes, "is", "bread, cake")) == [
        "Members whose notes contains “oven” and whose likes includes bread or cake.",
        "notesに「oven」が含まれていて、likesにbreadまたはcakeが含まれている会員",
    ]


def test_who_they_are():
    rules = [
        ("status", {"status": "registered"}),
        ("consent", {"agreed": "not_agreed", "purpose": "email"}),
        ("language", {"comparison": "is", "language": "ja"}),
        ("registered", {"when": "before", "days": 30}),
    ]
    assert said(*rules) == [
        "Members who are registered, who have not agreed to e-mail, whose language is Japanese "
        "and who registered at least 30 days ago.",
        "登録済みで、「メール」に同意しておらず、言語が日本語で、30日以上前に登録している会員",
    ]


def test_who_said_no_is_not_who_was_never_asked():
    rules = [
        ("consent", {"agreed": "refused", "purpose": "email"}),
        ("consent", {"agreed": "not_asked", "purpose": "profiling"}),
    ]
    assert said(*rules) == [
        "Members who said no to e-mail and who were never asked about personal content.",
        "「メール」に同意しないと答えていて、「パーソナライズ」への同意をまだ尋ねられていない会員",
    ]


def test_other_segments():
    fans = make_segment(name="Fans")
    assert said(in_segment(fans, "not_in")) == [
        "Members who are not in the segment “Fans”.",
        "セグメント「Fans」に入っていない会員",
    ]


def test_broken_rule_says_why():
    assert said(attribute("gone", "is", "x")) == [
        "Members who match a rule that no longer works "
        "(The attribute is not chosen, or no longer exists).",
        "使えなくなった条件（属性が選ばれていないか、削除されています）に当てはまっている会員",
    ]


def test_a_saved_segment_is_said_in_the_other_language_too(chief, client, prefecture):
    segment = make_segment(attribute(prefecture, "is", "Tokyo"), name="Tokyo")
    page = reverse("crm_segment:inspect", args=[segment.pk])

    english = client.get(page, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    japanese = client.get(page, HTTP_ACCEPT_LANGUAGE="ja").content.decode()

    assert 'lang="ja">都道府県が東京都の会員' in english
    assert 'lang="en">Members whose prefecture is Tokyo.' in japanese


@pytest.mark.parametrize(
    ("value", "english", "japanese"),
    [
        (
            {"window": "before", "days": 90, "comparison": "last"},
            "viewed a page for the last time at least 90 days ago",
            "いずれかのページを最後は90日以上前に見ている会員",
        ),
        (
            {"window": "last", "days": 7, "comparison": "first"},
            "viewed a page for the first time in the last 7 days",
            "いずれかのページを過去7日間に初めて見ている会員",
        ),
        (
            {"window": "ago", "days": 30, "days_to": 60, "comparison": "never"},
            "did not view any page between 30 and 60 days ago",
            "ページを60日前から30日前までに見ていない会員",
        ),
        (
            {"window": "dates", "first_day": "2026-04-01", "last_day": "2026-04-30"},
            "viewed a page from April 1, 2026 to April 30, 2026",
            "いずれかのページを2026年4月1日から2026年4月30日までに見ている会員",
        ),
        (
            {"window": "dates", "first_day": "2026-04-01", "comparison": "exactly", "times": 3},
            "viewed a page exactly 3 times since April 1, 2026",
            "いずれかのページを2026年4月1日以降にちょうど3回見ている会員",
        ),
        (
            {"window": "dates", "last_day": "2026-04-01", "comparison": "exactly", "times": 2},
            "viewed a page exactly twice until April 1, 2026",
            "いずれかのページを2026年4月1日までにちょうど2回見ている会員",
        ),
        (
            {"measure": "days", "times": 3, "window": "last", "days": 30},
            "viewed a page on at least 3 days in the last 30 days",
            "いずれかのページを過去30日間に合わせて3日以上見ている会員",
        ),
        (
            {"measure": "days", "times": 3, "comparison": "at_most"},
            "did not view any page on more than 3 days",
            "ページを合わせて3日を超えては見ていない会員",
        ),
    ],
)
def test_when_and_on_how_many_days(value, english, japanese):
    kind, given = behaviour()
    assert said((kind, given | value)) == [f"Members who {english}.", japanese]


def test_where_and_with_which_details(tree):
    (baking,) = tree("Baking")
    kind, value = behaviour(pages=[baking], subject="sku:P08")
    value |= {
        "page_type": "shop.articlepage",
        "page_tag": "oven",
        "page_language": "en",
        "properties": [
            {"name": "device", "comparison": "is", "value": "phone"},
            {"name": "results", "comparison": "at_most", "value": "0"},
        ],
    }
    assert said((kind, value)) == [
        "Members who viewed Baking or a page below it (P08, page type “article”, tagged “oven”, "
        "in English, device is “phone”, number of results is at most 0).",
        "「Baking」またはその下のページ（P08、種類「読みもの」、タグ「oven」、英語、"
        "端末が「スマートフォン」、検索結果の件数が0以下）を見ている会員",
    ]


def test_purchases_of_a_product_and_at_once():
    kind, value = purchase("single", "at_least", "10000")
    assert said((kind, value | {"what": "product", "product": "P08"})) == [
        "Members who bought “P08” for at least 10,000 yen at once.",
        "「P08」を一度に10,000円以上購入している会員",
    ]


def test_dates_near_today():
    born = make_attribute("birthday", type="date")
    rules = [
        attribute(born, "anniversary", "7"),
        attribute(born, "in_last", "30"),
        attribute(born, "in_next", "14"),
    ]
    assert said(*rules) == [
        "Members whose birthday has its anniversary in the next 7 days, whose birthday is in the "
        "last 30 days and whose birthday is in the next 14 days.",
        "birthdayが今日から7日以内（年は問わない）で、birthdayが過去30日以内で、"
        "birthdayが今日から14日以内の会員",
    ]
    assert said(attribute(born, "anniversary", "1"), match="none") == [
        "Members whose birthday does not have its anniversary today.",
        "birthdayが今日（年は問わない）ではない会員",
    ]


def test_shares_of_the_list():
    value = {"membership": "in", "first": 1, "last": 20, "draw": ""}
    other = {"membership": "not_in", "first": 51, "last": 100, "draw": "autumn"}
    assert said(("share", value), ("share", other)) == [
        "Members who are in parts 1 to 20 of 100 drawn at random and who are not in parts 51 to "
        "100 of 100 drawn for “autumn”.",
        "無作為に100等分した1番目から20番目までに入っていて、"
        "「autumn」の抽選で100等分した51番目から100番目までに入っていない会員",
    ]


def test_registered_between_dates():
    value = {"when": "dates", "days": None, "first_day": "2026-04-01", "last_day": None}
    assert said(("registered", value)) == [
        "Members who registered since April 1, 2026.",
        "2026年4月1日以降に登録している会員",
    ]
