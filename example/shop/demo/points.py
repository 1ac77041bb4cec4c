"""Rules that give points, ranks, what everybody earned, and a thank-you by hand."""

from django.contrib.auth import get_user_model

from wagtail_crm.loyalty.actions import adjust_points, award_points
from wagtail_crm.loyalty.models import EarningRule, Rank
from wagtail_crm.loyalty.tasks import begin_recount
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import Event

from .world import EDITOR

Frequency = EarningRule.Frequency

RULES = [
    {"label": "会員登録", "kind": "registration", "points": 100, "frequency": Frequency.ONCE},
    {"label": "お買いもの", "kind": "purchase", "points": 1, "per_value": 100},
    {"label": "ログインボーナス", "kind": "login", "points": 5, "frequency": Frequency.DAILY},
    {"label": "アンケートへのご回答", "kind": "survey_answer", "points": 50},
]
RANKS = [
    ("ブロンズ", 120, "新作のご案内を、ひと足先にお届けします"),
    ("シルバー", 250, "送料がいつでも無料になります"),
    ("ゴールド", 700, "送料無料に加えて、お誕生月に焼き菓子を贈ります"),
]
REASON = "モニターへのご協力ありがとうございました"
POINTS_BY_HAND = 300
BATCH = 1000


def give_points(world, tick):
    """Let the rules look at everything that happened, in the order in which it did."""
    since = world.days_ago(500)
    for rule in RULES:
        EarningRule.objects.get_or_create(label=rule["label"], defaults=rule | {"starts_at": since})
    _set_ranks()
    for events in _history({rule["kind"] for rule in RULES}):
        award_points(events=events)
    tick(0.9)
    _thank_monitors(world)
    tick(0.1)


def _set_ranks():
    """Before the points: then they rise as these come in, and their history is told."""
    for name, points, benefit in RANKS:
        Rank.objects.get_or_create(points=points, defaults={"name": name, "benefit": benefit})
    begin_recount()


def _history(kinds):
    """Events of these kinds in batches, the oldest first."""
    rows = list(Event.objects.of_kinds(*kinds).exclude(member=0).order_by("at", "pk"))
    for start in range(0, len(rows), BATCH):
        yield [
            NewEvent(**{name: getattr(row, name) for name in NewEvent.__slots__})
            for row in rows[start : start + BATCH]
        ]


def _thank_monitors(world):
    editor = get_user_model().objects.get(email=EDITOR)
    chance = world.chance("monitors")
    active = [person.member for person in world.people if person.activity > 3]
    for member in chance.sample(active, min(12, len(active))):
        adjust_points(
            member=member,
            points=POINTS_BY_HAND,
            reason=REASON,
            staff=editor,
            key=f"demo:{world.seed}:{member.code}",
        )
