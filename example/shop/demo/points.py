"""Rules that give points, what everybody earned by them, and a thank-you by hand."""

from django.contrib.auth import get_user_model

from wagtail_crm.loyalty.actions import adjust_points, award_missed_points
from wagtail_crm.loyalty.models import EarningRule

from .world import EDITOR

Frequency = EarningRule.Frequency

RULES = [
    {"label": "会員登録", "kind": "registration", "points": 100, "frequency": Frequency.ONCE},
    {"label": "お買いもの", "kind": "purchase", "points": 1, "per_value": 100},
    {"label": "ログインボーナス", "kind": "login", "points": 5, "frequency": Frequency.DAILY},
    {"label": "アンケートへのご回答", "kind": "survey_answer", "points": 50},
]
REASON = "モニターへのご協力ありがとうございました"
POINTS_BY_HAND = 300


def give_points(world, tick):
    """Let the rules look back over everything that happened, as after a night without workers."""
    since = world.days_ago(500)
    for rule in RULES:
        EarningRule.objects.get_or_create(label=rule["label"], defaults=rule | {"starts_at": since})
    award_missed_points(since=since)
    tick(0.9)
    _thank_monitors(world)
    tick(0.1)


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
