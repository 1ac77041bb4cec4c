from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from wagtail_crm.jobs import Job
from wagtail_crm.members.panels import MemberPanel
from wagtail_crm.members.personal_data import PersonalData
from wagtail_crm.members.placeholders import Placeholder
from wagtail_crm.members.policies import ReadOnlyPolicy
from wagtail_crm.segments.rules.blocks import RuleBlock
from wagtail_crm.segments.rules.person import PersonFact
from wagtail_crm.segments.rules.reading import RuleChoices
from wagtail_crm.segments.runs.action import SegmentAction
from wagtail_crm.tracking.kinds import EventKind
from wagtail_crm.tracking.rewards import Reward
from wagtail_crm.tracking.snapshots import SnapshotPart

from . import panels, tasks
from .balances import balance_in_words, build_balances
from .deletion import end_instead_of_deleting
from .erasure import forget_rank, forget_words
from .kinds import POINTS_KIND, RANK_FIELD, RANK_KIND, points_details, rank_details
from .log_actions import register_actions
from .models import Account, EarningRule, Entry, Rank
from .promises import given_points, promised_points
from .rank_rules import CHOICES, RankRuleBlock
from .ranks import build_ranks, load_ranks, rank_in_words
from .rules import PointsRuleBlock
from .segment_action import GivePoints
from .views.admin import AdjustPointsView
from .viewsets import EarningRuleViewSet, RankViewSet

register_permission_policy(EarningRule)
register_permission_policy(Rank)
register_permission_policy(Entry, ReadOnlyPolicy(Entry))

register_snippet(EarningRuleViewSet)
register_snippet(RankViewSet)

hooks.register("register_log_actions", register_actions)
hooks.register("before_delete_snippet", end_instead_of_deleting)


@hooks.register("register_icons")
def register_icons(icons: list[str]) -> list[str]:
    names = ("crm-points", "crm-rank")
    return [*icons, *(f"wagtail_crm/loyalty/icons/{name}.svg" for name in names)]


@hooks.register("register_permissions")
def offer_permissions() -> QuerySet[Permission]:
    return Permission.objects.filter(
        content_type__app_label="wagtail_crm_loyalty", codename__in=["view_entry", "adjust_points"]
    )


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    url = "crm/member/<int:pk>/points/"
    return [path(url, AdjustPointsView.as_view(), name="crm_member_points")]


@hooks.register("register_crm_member_panels")
def register_panels() -> Iterable[MemberPanel]:
    return [
        MemberPanel(
            "rank",
            _("Rank"),
            order=190,
            template_name="wagtail_crm/loyalty/_rank_on_my_page.html",
            context=panels.rank_on_my_page,
        ),
        MemberPanel(
            "points",
            _("Points"),
            order=200,
            template_name="wagtail_crm/loyalty/_on_my_page.html",
            context=panels.on_my_page,
        ),
        MemberPanel(
            "points_header",
            order=200,
            where="admin_header",
            render=panels.in_header,
            permission="wagtail_crm_loyalty.view_entry",
            related=("points_account__rank",),
        ),
        MemberPanel(
            "points_history",
            _("Points"),
            order=300,
            where="admin",
            template_name="wagtail_crm/loyalty/admin/_history.html",
            context=panels.in_admin,
            permission="wagtail_crm_loyalty.view_entry",
            related=("points_account__rank",),
        ),
    ]


@hooks.register("register_crm_event_kinds")
def register_event_kinds() -> Iterable[EventKind]:
    return [
        EventKind(
            POINTS_KIND,
            _("Got or used points"),
            "crm-points",
            _("Points"),
            points_details,
            _("points"),
            permission="wagtail_crm_loyalty.view_entry",
            did=_("who got or used points %(often)s"),
            did_not=_("who did not get or use points %(often)s"),
        ),
        EventKind(
            RANK_KIND,
            _("Moved to another rank"),
            "crm-rank",
            _("Points"),
            rank_details,
            permission="wagtail_crm_loyalty.view_entry",
            did=_("who moved to another rank %(often)s"),
            did_not=_("who did not move to another rank %(often)s"),
        ),
    ]


@hooks.register("register_crm_personal_data")
def declare_personal_data() -> Iterable[PersonalData]:
    return [
        PersonalData(
            Account,
            exported=("balance", "earned", "rank__name", "rank_since"),
            erase=forget_rank,
            retention="Kept empty, without a name or a rank, so that the books still add up.",
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
    return [SnapshotPart("points", build_balances), SnapshotPart(RANK_FIELD, build_ranks)]


@hooks.register("register_crm_person_facts")
def register_facts() -> Iterable[PersonFact]:
    return [
        PersonFact(POINTS_KIND, build_balances, int),
        PersonFact(RANK_FIELD, load_ranks, lambda: None),
    ]


@hooks.register("register_crm_segment_rules")
def register_rules() -> Iterable[RuleBlock]:
    return [PointsRuleBlock(), RankRuleBlock()]


@hooks.register("register_crm_rule_choices")
def register_choices() -> Iterable[RuleChoices]:
    return [CHOICES]


@hooks.register("register_crm_segment_actions")
def register_segment_actions() -> Iterable[SegmentAction]:
    return [GivePoints()]


@hooks.register("register_crm_placeholders")
def offer_placeholders() -> Iterable[Placeholder]:
    return [
        Placeholder("points", _("Points"), balance_in_words, prefetch=("points_account",)),
        Placeholder("rank", _("Rank"), rank_in_words, prefetch=("points_account__rank",)),
    ]


@hooks.register("register_crm_jobs")
def register_jobs() -> Iterable[Job]:
    return [
        Job(
            "points",
            tasks.sweep_points,
            timedelta(minutes=10),
            _("Gives points that were missed, and ends those of members who left"),
        ),
        Job(
            "ranks",
            tasks.sweep_ranks,
            timedelta(minutes=15),
            _("Lowers ranks whose points have left the period, and recounts them after changes"),
        ),
    ]


@hooks.register("register_crm_rewards")
def register_rewards() -> Iterable[Reward]:
    return [Reward("points", promised_points, given_points)]
