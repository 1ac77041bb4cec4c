from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_crm.jobs import Job
from wagtail_crm.members.personal_data import PersonalData
from wagtail_crm.members.placeholders import Placeholder
from wagtail_crm.segments.rules.blocks import RuleBlock
from wagtail_crm.tracking.kinds import EventKind
from wagtail_crm.tracking.rewards import Reward
from wagtail_crm.tracking.snapshots import SnapshotPart

from . import tasks
from .balances import balance_in_words, build_balances
from .erasure import forget_words
from .kinds import points_details
from .log_actions import register_actions
from .models import POINTS_KIND, Account, Entry
from .promises import given_points, promised_points
from .rules import PointsRuleBlock

hooks.register("register_log_actions", register_actions)


@hooks.register("register_crm_event_kinds")
def register_event_kinds() -> Iterable[EventKind]:
    return [
        EventKind(
            POINTS_KIND, _("Got or used points"), "pick", _("Points"), points_details, _("points")
        )
    ]


@hooks.register("register_crm_personal_data")
def declare_personal_data() -> Iterable[PersonalData]:
    return [
        PersonalData(
            Account,
            exported=("balance", "earned"),
            erase="keep",
            retention="Kept empty, without a name, so that the books still add up.",
        ),
        PersonalData(
            Entry,
            exported=("at", "amount", "balance", "label"),
            erase=forget_words,
            retention="Kept without words or a name, so that the books still add up.",
            member_field="account__member",
        ),
    ]


@hooks.register("register_crm_snapshot_parts")
def register_snapshot_parts() -> Iterable[SnapshotPart]:
    return [SnapshotPart("points", build_balances)]


@hooks.register("register_crm_segment_rules")
def register_rules() -> Iterable[RuleBlock]:
    return [PointsRuleBlock()]


@hooks.register("register_crm_placeholders")
def offer_placeholders() -> Iterable[Placeholder]:
    return [Placeholder("points", _("Points"), balance_in_words, prefetch=("points_account",))]


@hooks.register("register_crm_jobs")
def register_jobs() -> Iterable[Job]:
    return [
        Job(
            "points",
            tasks.sweep_points,
            timedelta(minutes=10),
            _("Gives points that were missed, and ends those of members who left"),
        )
    ]


@hooks.register("register_crm_rewards")
def register_rewards() -> Iterable[Reward]:
    return [Reward("points", promised_points, given_points)]
