import email
import re

import pytest
from wagtail.admin.icons import get_icons
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from tests.mail.factories import (
    button,
    make_campaign,
    make_reader,
    make_segment,
    make_sender,
    text,
)
from tests.personalize.factories import make_page
from wagtail_crm.mail.addresses import Addresses
from wagtail_crm.mail.links import UNSUBSCRIBE, LinkMark, mark, mark_anchors, with_absolute_pictures
from wagtail_crm.mail.message import Envelope
from wagtail_crm.mail.models import Campaign
from wagtail_crm.mail.plaintext import plain_text
from wagtail_crm.mail.recipients import viewer_for
from wagtail_crm.mail.render import Composer, folded
from wagtail_crm.mail.theme import ENOUGH_CONTRAST, Theme, contrast
from wagtail_crm.mail.wire import wire_format
from wagtail_crm.segments.audience import Viewer

pytestmark = pytest.mark.django_db


def message_to(member, *parts, **fields):
    """The mail that ``member`` gets, with links that count nothing."""
    campaign = make_campaign(*parts, **fields)
    composer = Composer(campaign)
    letter = composer.letter(viewer_for(member))
    return Envelope(campaign, Addresses(composer.base)).message(letter, member, 1)


def html_to(member, *parts, **fields):
    return message_to(member, *parts, **fields).alternatives[0].content


def test_merge_fields_are_filled_and_escaped_in_html_only():
    member = make_reader(family_name="<b>田中", language="ja")

    message = message_to(
        member, text("<p>{{ family_name|お客 }}様</p>"), subject="{{ family_name|お客 }}様へ"
    )

    assert message.subject == "<b>田中様へ"
    assert "<p>&lt;b&gt;田中様</p>" in message.alternatives[0].content
    assert message.body.startswith("<b>田中様\n")


def test_a_fallback_stands_in_for_what_is_not_known():
    message = message_to(
        make_reader(), text("<p>{{ family_name|A &amp; B }}</p>"), subject="{{ family_name|A & B }}"
    )

    assert message.subject == "A & B"
    assert "<p>A &amp; B</p>" in message.alternatives[0].content
    assert message.body.startswith("A & B\n")


def test_a_value_cannot_begin_another_header():
    member = make_reader(family_name="田中\r\nBcc: all@example.org")

    message = message_to(member, subject="{{ family_name }}様")

    assert message.subject == "田中 Bcc: all@example.org様"


def test_editors_text_is_no_template():
    html = html_to(make_reader(), text("<p>{% now 'Y' %} {{ request }} {{ member.user }}</p>"))

    assert "{% now 'Y' %} {{ request }} {{ member.user }}" in html


def test_a_part_reaches_only_its_audience():
    inside, outside = make_reader(), make_reader()
    segment = make_segment(inside)
    parts = [
        text("<p>for all</p>"),
        (
            "text",
            {"text": "<p>for some</p>", "audience": {"segments": [segment.pk], "match": "any"}},
        ),
    ]
    campaign = make_campaign(*parts)
    composer = Composer(campaign)

    found = {
        member: composer.letter(viewer_for(member)).text.pieces[0] for member in (inside, outside)
    }

    assert "for some" in found[inside]
    assert "for some" not in found[outside]
    assert len(composer.letters) == 2
    composer.letter(viewer_for(make_reader()))
    assert len(composer.letters) == 2


def test_an_audience_deep_in_a_column_is_found():
    inside = make_reader()
    segment = make_segment(inside)
    part = {"text": "<p>secret</p>", "audience": {"segments": [segment.pk], "match": "any"}}
    columns = ("columns", {"left": [{"type": "text", "value": part}], "right": []})
    campaign = make_campaign(columns)

    composer = Composer(campaign)

    assert composer.variant(viewer_for(inside)) != composer.variant(Viewer())
    assert "secret" not in composer.letter(Viewer()).html.pieces[0]
    assert "secret" in "".join(composer.letter(viewer_for(inside)).html.pieces)


def test_a_part_for_a_deleted_segment_reaches_nobody():
    member = make_reader()
    segment = make_segment(member)
    part = {"text": "<p>for some</p>", "audience": {"segments": [segment.pk], "match": "any"}}
    campaign = make_campaign(("text", part))
    segment.delete()

    letter = Composer(Campaign.objects.get(pk=campaign.pk)).letter(viewer_for(member))

    assert "for some" not in "".join(letter.html.pieces)


def test_addresses_of_this_site_become_absolute(settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"BASE_URL": "https://shop.example/"}
    page = make_page("Kit")

    letter = Composer(make_campaign(("page", {"page": page.pk, "button": "見る"}))).letter(Viewer())

    urls = {link.url for link in letter.links}
    assert urls == {f"https://shop.example{page.url}"}


def test_an_unpublished_page_is_left_out():
    page = make_page("Kit")
    page.unpublish()

    html = html_to(make_reader(), text("<p>x</p>"), ("page", {"page": page.pk}))

    assert "Kit" not in html


def test_the_plain_text_reads_well():
    member = make_reader(family_name="田中")
    message = message_to(
        member,
        ("heading", {"text": "秋のパン"}),
        text(
            '<p>こんにちは。<a href="https://x.example/?a=1&amp;b=2">こちら</a>です。</p>'
            "<ul><li>粉</li><li>酵母<ul><li>天然</li></ul></li></ul>"
            "<ol><li>こねる</li><li>焼く</li></ol>"
        ),
        button("見る", "https://x.example/kit"),
        ("divider", {}),
        sender=make_sender(imprint="東京都世田谷区"),
    )

    lines = message.body.split("\n")
    assert lines[:13] == [
        "■ 秋のパン",
        "",
        "こんにちは。こちら <https://x.example/?a=1&b=2>です。",
        "",
        "・粉",
        "・酵母",
        "  ・天然",
        "",
        "1. こねる",
        "2. 焼く",
        "",
        "見る",
        "https://x.example/kit",
    ]
    assert "東京都世田谷区" in lines


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a<br/>b</p><p>c</p>", "a\nb\n\nc"),
        ("<p><b>a</b> &amp; <i>b</i></p>", "a & b"),
        ("", ""),
        ("<h3>t</h3><p>x</p>", "t\n\nx"),
        ('<p><a href="https://x.example">https://x.example</a></p>', mark("https://x.example", "https://x.example")),
    ],
)  # fmt: skip
def test_rich_text_as_plain_text(html, expected):
    assert plain_text(html) == expected


def test_only_web_addresses_are_tracked():
    letter, page = mark("mailto:a@b.jp", "m"), mark("/p?a=1&b=2", "P")

    html = mark_anchors('<a href="mailto:a@b.jp">m</a><a id="x" href="/p?a=1&amp;b=2"><b>P</b></a>')

    assert html == f'<a href="{letter}">m</a><a id="x" href="{page}"><b>P</b></a>'
    assert not LinkMark("mailto:a@b.jp", "m").is_tracked
    assert not LinkMark("https://x.example/?c={{ code }}", "m").is_tracked
    assert not LinkMark(UNSUBSCRIBE, "").is_tracked
    assert LinkMark("https://x.example/", "m").is_tracked


def test_long_lines_are_broken_between_cells_only():
    cells = "<td>あ</td>" * 200
    html = folded(f"<table><tr>{cells}</tr></table>")

    assert html.replace("\n", "") == f"<table><tr>{cells}</tr></table>"
    assert max(len(line.encode()) for line in html.split("\n")) < 998
    assert "あ\n" not in html


def test_a_whole_mail_is_not_encoded_for_each_recipient():
    data = wire_format(message_to(make_reader(family_name="田中")))

    parts = email.message_from_bytes(data).get_payload()
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["8bit", "8bit"]


def test_headers_of_a_mail(settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"BASE_URL": "https://shop.example"}
    member = make_reader()
    message = message_to(member, sender=make_sender(reply_to="ask@hidamari.example")).message()

    assert message["List-Unsubscribe"].startswith("<https://shop.example/crm/mail/u/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Precedence"] == "bulk"
    assert message["List-ID"] == "<mail.hidamari.example>"
    assert message["Reply-To"] == "ask@hidamari.example"
    assert message["Content-Language"] == "ja"
    assert message["Message-ID"].endswith("@hidamari.example>")
    assert message["To"] == member.email


def test_the_language_of_the_mail_is_that_of_the_campaign():
    ja = html_to(make_reader(language="en"), language="ja")
    en = html_to(make_reader(language="ja"), language="en")

    assert '<html lang="ja"' in ja
    assert "配信停止" in ja
    assert '<html lang="en"' in en
    assert "Unsubscribe" in en


@pytest.mark.parametrize("color", ["#000000", "#ffffff", "#8a4b1f", "#f6c859", "#7f7f7f"])
def test_colours_can_be_read(color):
    theme = Theme(color=color)

    assert contrast(theme.on_color, color) >= ENOUGH_CONTRAST - 0.6
    assert contrast(theme.dark_color, theme.dark_card) >= ENOUGH_CONTRAST


def test_rendering_costs_nothing_for_the_second_reader(django_assert_num_queries):
    segment = make_segment()
    campaign = make_campaign(
        text("<p>{{ name }}</p>"),
        ("text", {"text": "<p>x</p>", "audience": {"segments": [segment.pk], "match": "any"}}),
    )
    first, second = make_reader(), make_reader()
    composer = Composer(Campaign.objects.select_related("sender").get(pk=campaign.pk))
    viewers = [viewer_for(first), viewer_for(second)]
    composer.letter(viewers[0])

    with django_assert_num_queries(0):
        composer.letter(viewers[1]).values_for(second)


def make_picture(title="Kit"):
    return get_image_model().objects.create(title=title, file=get_test_image_file())


def test_a_picture_leads_where_it_should():
    picture = {"image": make_picture().pk, "decorative": False, "alt_text": "Our kit"}

    letter = Composer(
        make_campaign(("image", {"image": picture, "url": "https://x.example/"}))
    ).letter(Viewer())

    assert [(link.url, link.text) for link in letter.links] == [("https://x.example/", "Our kit")]


def test_pictures_come_from_the_site_wherever_the_mail_is_read(settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"BASE_URL": "https://shop.example/"}
    picture = {"image": make_picture().pk, "decorative": True, "alt_text": ""}

    html = html_to(
        make_reader(), ("image", {"image": picture}), sender=make_sender(logo=make_picture("Logo"))
    )

    sources = re.findall(r'<img\b[^>]*?\bsrc="([^"]*)"', html)
    assert len(sources) == 3  # logo, picture, and the pixel that counts openings
    assert [source for source in sources if not source.startswith("https://shop.example/")] == []


def test_a_picture_on_another_server_stays_there():
    html = with_absolute_pictures(
        '<img alt="" src="https://cdn.example/a.png?x=1&amp;y=2"><img src="/media/b&amp;c.png">',
        "https://shop.example",
    )

    assert html == (
        '<img alt="" src="https://cdn.example/a.png?x=1&amp;y=2">'
        '<img src="https://shop.example/media/b&amp;c.png">'
    )


def test_every_part_has_an_icon_that_wagtail_knows():
    stream = Campaign._meta.get_field("body").stream_block
    known = get_icons()

    unknown = [
        name
        for name, block in stream.child_blocks.items()
        if f'id="icon-{block.meta.icon}"' not in known
    ]

    assert unknown == []
