"""Segments an editor of such a shop would build, from the rules in the admin."""

from bisect import bisect_right

from wagtail_crm.loyalty.models import Rank
from wagtail_crm.segments.actions import refresh_segment
from wagtail_crm.segments.models import Segment, SegmentSize

from .attributes import BUSINESS
from .tree import dress_home


def build_segments(world, tick):
    """Make, publish and so count the segments, then dress the home page for them."""
    blueprints = _blueprints(world)
    segments = {}
    for slug, (name, match, rules) in blueprints.items():
        segments[slug] = publish_segment(name, match, rules)
        remember_sizes(world, segments[slug])
        tick(0.95 / len(blueprints))
    world.segments = segments
    dress_home(world, segments)
    tick(0.05)


def publish_segment(name, match, rules):
    segment = Segment.objects.filter(name=name).first()
    if segment is None:
        segment = Segment(name=name, match=match, live=False)
        segment.rules = segment._meta.get_field("rules").stream_block.to_python(rules)
        segment.save()
        segment.save_revision().publish()
        refresh_segment(segment=segment)
    return segment


def remember_sizes(world, segment):
    """Twelve weeks of sizes, as if today's members had entered when they came to the shop."""
    came = sorted(segment.memberships.values_list("member__created_at", flat=True))
    days = [world.days_ago(ago) for ago in range(7, 12 * 7 + 1, 7)]
    SegmentSize.objects.bulk_create(
        [
            SegmentSize(segment=segment, day=day.date(), size=bisect_right(came, day))
            for day in days
        ],
        ignore_conflicts=True,
    )


def _did(kind, times, days=None, pages=(), comparison="at_least"):
    return {
        "type": "behaviour",
        "value": {
            "kind": kind,
            "pages": [page.pk for page in pages],
            "below": True,
            "comparison": comparison,
            "times": times,
            "days": days,
        },
    }


def _is(key, value, comparison="is"):
    return {
        "type": "attribute",
        "value": {"attribute": key, "comparison": comparison, "value": value},
    }


def _registered_within(days):
    return {"type": "registered", "value": {"when": "within", "days": days}}


def _bought(measure, amount, days=None, comparison="at_least"):
    return {
        "type": "purchase",
        "value": {
            "measure": measure,
            "comparison": comparison,
            "amount": amount,
            "days": days,
            "pages": [],
            "below": True,
        },
    }


def _answered(page):
    return {
        "type": "survey",
        "value": {"question": f"{page.pk}:", "comparison": "did", "answers": []},
    }


def _led_here_by(site):
    return {
        "type": "visit_source",
        "value": {"name": "referrer", "comparison": "is", "value": site},
    }


def _has_points(points):
    return {"type": "points", "value": {"comparison": "at_least", "points": points}}


def _has_rank(name):
    rank = Rank.objects.get(name=name)
    return {"type": "rank", "value": {"comparison": "at_least", "rank": rank.pk}}


def _group(match, *rules):
    return {"type": "group", "value": {"match": match, "rules": list(rules)}}


def _blueprints(world):
    page = world.pages
    leaven = [page["shop/leaven"], page["stories/first-sourdough"], page["T01"], page["F05"]]
    sweets = [page["I01"], page["I02"], page["P05"], page["F03"], page["stories/butter-story"]]
    bread = [page["shop/flour"]]
    gluten_free = [page["P06"], page["stories/gluten-free-start"]]
    return {
        "sourdough_fans": ("サワードウ好き", "all", [_did("page_view", 4, 60, leaven)]),
        "sweets_fans": ("お菓子好き", "all", [_did("page_view", 4, 60, sweets)]),
        "tokyo_bakers": (
            "東京で焼く人",
            "all",
            [_did("page_view", 2, 30, bread), _is("prefecture", "東京都")],
        ),
        "newcomers": ("はじめの30日", "all", [_registered_within(30)]),
        "partners": ("パートナー", "all", [_is("business", ", ".join(BUSINESS), "one_of")]),
        "regulars": ("常連さん", "all", [_bought("times", 3, 90)]),
        "sleeping": (
            "しばらくお休み",
            "all",
            [_bought("times", 1), _did("page_view", 0, 30, comparison="at_most")],
        ),
        "not_yet": (
            "まだお買いものなし",
            "all",
            [_did("page_view", 3, 60), _bought("times", 0, comparison="at_most")],
        ),
        "left_in_cart": (
            "カートに入れたまま",
            "all",
            [_did("cart_add", 1, 14), _bought("times", 0, 14, "at_most")],
        ),
        "big_spenders": ("ご愛顧3万円以上", "all", [_bought("value", 30000)]),
        "newsletter": (
            "メルマガ読者",
            "all",
            [_is("newsletter", "true")],
        ),
        "answered": ("アンケート回答者", "all", [_answered(page["survey"])]),
        "point_savers": ("300ポイント以上", "all", [_has_points(300)]),
        "silver": ("シルバー以上の会員", "all", [_has_rank("シルバー")]),
        "from_instagram": ("Instagramから来た方", "all", [_led_here_by("instagram.com")]),
        "gluten_free": (
            "グルテンフリーに関心",
            "any",
            [
                _did("page_view", 2, 60, gluten_free),
                _group("all", _is("interests", "グルテンフリー"), _did("page_view", 1, 60)),
            ],
        ),
    }
