from collections.abc import Iterable
from datetime import timedelta

from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.compare import register_comparison_class
from wagtail.snippets.models import register_snippet

from wagtail_crm.jobs import Job
from wagtail_crm.members.filters import MemberFilter
from wagtail_crm.members.panels import MemberPanel
from wagtail_crm.members.personal_data import PersonalData
from wagtail_crm.tracking.context import RequestPart
from wagtail_crm.tracking.page_numbers import PagePart
from wagtail_crm.tracking.snapshots import SnapshotPart

from . import admin_urls, people, tasks
from .comparison import RulesComparison
from .deletion import refuse_if_used
from .member_filter import in_segment
from .membership import build_segment_ids
from .models import Membership, PastMembership, RunBatch
from .page_part import part_of
from .panels import segments_of
from .rules.blocks import RuleBlock, RulesField
from .rules.builtin_blocks import BLOCKS, CHOICES
from .rules.person import PersonFact
from .rules.reading import RuleChoices
from .runs.action import SegmentAction
from .runs.actions import forget_in_runs
from .runs.builtin import AddToStatic, AttributeAction, RemoveFromStatic, TagAction
from .runs.export import ExportAction
from .runs.words import register_log_actions
from .static import erase_memberships
from .views.bulk import AddToStaticSegment
from .views.buttons import act_from_the_list, keep_static_live, lead_to_static_page
from .views.editing import publish_first
from .viewsets import SegmentViewSet
from .visits import segments_of_visit

register_snippet(SegmentViewSet)
register_comparison_class(RulesField, comparison_class=RulesComparison)
hooks.register("before_delete_snippet", refuse_if_used)
hooks.register("construct_snippet_action_menu", publish_first)
hooks.register("before_edit_snippet", lead_to_static_page)
hooks.register("before_unpublish", keep_static_live)
hooks.register("register_snippet_listing_buttons", act_from_the_list)
hooks.register("register_bulk_action", AddToStaticSegment, order=100)
hooks.register("register_log_actions", register_log_actions)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    return admin_urls.urlpatterns


@hooks.register("register_crm_segment_actions")
def register_actions() -> Iterable[SegmentAction]:
    return [
        ExportAction(),
        TagAction(),
        AttributeAction(),
        AddToStatic(),
        RemoveFromStatic(),
    ]


@hooks.register("register_crm_request_parts")
def register_request_parts() -> Iterable[RequestPart]:
    return [RequestPart("segments", segments_of_visit)]


@hooks.register("register_crm_segment_rules")
def register_rules() -> Iterable[RuleBlock]:
    return [block() for block in BLOCKS]


@hooks.register("register_crm_rule_choices")
def register_choices() -> Iterable[RuleChoices]:
    return CHOICES


@hooks.register("register_crm_person_facts")
def register_facts() -> Iterable[PersonFact]:
    return [
        PersonFact("tags", people.load_tags, set),
        PersonFact("consent", people.load_consents, dict),
        PersonFact("segment", people.load_segments, set),
    ]


@hooks.register("register_crm_snapshot_parts")
def register_snapshot_parts() -> Iterable[SnapshotPart]:
    return [SnapshotPart("segments", build_segment_ids)]


@hooks.register("register_crm_jobs")
def register_jobs() -> Iterable[Job]:
    return [
        Job(
            "segments",
            tasks.refresh_timed,
            timedelta(minutes=15),
            _("Brings segments up to date that change with time"),
        ),
        Job(
            "segment_history",
            tasks.forget_past,
            timedelta(hours=6),
            _("Drops the history of segments that is past its retention"),
        ),
        Job(
            "segment_actions",
            tasks.sweep_runs,
            timedelta(minutes=1),
            _("Goes on with actions on segments that nobody works at"),
        ),
    ]


@hooks.register("register_crm_personal_data")
def declare_personal_data() -> Iterable[PersonalData]:
    return [
        PersonalData(
            Membership,
            exported=("segment__name", "entered_at"),
            erase=erase_memberships,
            retention="As long as the rules hold for the member, or until they are taken out.",
        ),
        PersonalData(
            RunBatch,
            exported=("run__segment__name", "run__action", "run__started_at"),
            erase=forget_in_runs,
            retention="Until the action is done; of files, WAGTAIL_CRM['RUN_FILE_DAYS'].",
            rows=lambda member: RunBatch.objects.naming(member.pk),
        ),
        PersonalData(
            PastMembership,
            exported=("segment__name", "entered_at", "left_at"),
            erase="delete",
            retention="As long as raw events: WAGTAIL_CRM['EVENT_RETENTION_DAYS'].",
        ),
    ]


@hooks.register("register_crm_member_filters")
def register_member_filters() -> Iterable[MemberFilter]:
    return [MemberFilter("segment", in_segment)]


@hooks.register("register_crm_page_parts")
def register_page_parts() -> Iterable[PagePart]:
    return [PagePart("segments", "wagtail_crm/segments/page_part.html", part_of)]


@hooks.register("register_crm_member_panels")
def register_member_panels() -> Iterable[MemberPanel]:
    return [
        MemberPanel(
            "segments",
            _("Segments"),
            order=50,
            where="admin_header",
            template_name="wagtail_crm/segments/chips.html",
            context=segments_of,
        )
    ]
