from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.viewsets.pages import page_viewset_registry
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from wagtail_crm.jobs import Job
from wagtail_crm.members.panels import MemberPanel
from wagtail_crm.members.personal_data import PersonalData

from . import builtin_kinds, export, owned_browsers, panels, tasks
from .form_pages import remember_who_sends
from .kinds import EventKind
from .log_actions import register_actions
from .models import DailyTotal, Event, RefusedEvent, Visitor
from .policies import RefusedEventPolicy
from .serve import record_page_view
from .snapshots import SnapshotPart, build_profiling_answers
from .views.page_numbers import page_numbers_view, with_page_numbers
from .views.visitors import JudgeVisitorView, UnlinkVisitorView
from .viewsets import RefusedEventViewSet

register_permission_policy(RefusedEvent, RefusedEventPolicy(RefusedEvent))
register_snippet(RefusedEventViewSet)
hooks.register("register_log_actions", register_actions)
hooks.register("on_serve_page", record_page_view, order=100)
hooks.register("on_serve_page", remember_who_sends, order=100)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    unlink, judge = UnlinkVisitorView.as_view(), JudgeVisitorView.as_view()
    return [
        path("crm/page/<int:pk>/numbers/", page_numbers_view, name="crm_page_numbers"),
        path("crm/visitor/<uuid:pk>/unlink/", unlink, name="crm_visitor_unlink"),
        path("crm/visitor/<uuid:pk>/judge/", judge, name="crm_visitor_judge"),
    ]


@hooks.register("register_permissions")
def offer_permissions() -> QuerySet[Permission]:
    """For the numbers of a page, for taking browsers back, and for what they are."""
    return Permission.objects.filter(
        content_type__app_label="wagtail_crm_tracking",
        codename__in=["view_dailytotal", "unlink_visitor", "judge_visitor"],
    )


# Last, when every site has registered its own: Wagtail has no hook for side panels of pages.
@hooks.register("register_admin_viewset", order=1000)
def show_numbers_in_page_editors() -> list[Any]:
    for viewset in page_viewset_registry.values_by_class.values():
        viewset.edit_view_class = with_page_numbers(viewset.edit_view_class)
    return []


@hooks.register("register_crm_event_kinds")
def register_event_kinds() -> Iterable[EventKind]:
    return builtin_kinds.KINDS


@hooks.register("register_crm_snapshot_parts")
def register_snapshot_parts() -> Iterable[SnapshotPart]:
    return [SnapshotPart("profiling", build_profiling_answers)]


@hooks.register("register_crm_member_panels")
def register_member_panels() -> Iterable[MemberPanel]:
    return [
        MemberPanel(
            "timeline",
            label=_("Timeline"),
            order=10,
            where="admin",
            template_name="wagtail_crm/tracking/timeline.html",
            context=panels.timeline_tab,
        ),
        MemberPanel(
            "browsers",
            label=_("Browsers"),
            order=950,
            where="admin",
            template_name="wagtail_crm/tracking/browsers.html",
            context=owned_browsers.browsers_tab,
        ),
        MemberPanel(
            "activity",
            order=10,
            where="admin_card",
            template_name="wagtail_crm/tracking/_activity_cards.html",
            context=panels.activity_cards,
        ),
    ]


@hooks.register("register_crm_jobs")
def register_jobs() -> Iterable[Job]:
    return [
        Job("drain", tasks.drain, timedelta(minutes=1), _("Writes buffered events")),
        Job(
            "retry_refused",
            tasks.retry_refused,
            timedelta(minutes=10),
            _("Tries events again that were set aside"),
        ),
        Job(
            "record_missing",
            tasks.record_missing,
            timedelta(minutes=10),
            _("Records registrations and consents that a process which died left out"),
        ),
        Job(
            "judge_visitors",
            tasks.judge_visitors,
            timedelta(minutes=5),
            _("Tells people and machines apart by what they do"),
        ),
        Job(
            "maintain",
            tasks.maintain,
            timedelta(hours=1),  # to see whether the day's is done
            _("Upkeep, once a day: months of the event log, retention, anonymisation"),
        ),
    ]


@hooks.register("register_crm_personal_data")
def declare_personal_data() -> Iterable[PersonalData]:
    return [
        PersonalData(
            Event,
            exported=export.EVENT,
            own=export.events_of,
            erase="delete",
            retention="WAGTAIL_CRM['EVENT_RETENTION_DAYS'] days, or until the member is erased.",
        ),
        PersonalData(
            DailyTotal,
            exported=export.TOTAL,
            own=export.totals_of,
            erase="delete",
            retention="As long as the member.",
        ),
        PersonalData(
            Visitor,
            exported=export.VISITOR,
            own=export.visitors_of,
            erase="delete",
            retention="As long as the member; browsers of nobody as long as their cookie.",
        ),
        PersonalData(
            RefusedEvent,
            # Not the reason: it was written for all events that failed together.
            exported=("at",),
            erase="delete",
            retention="Until recorded, or WAGTAIL_CRM['EVENT_RETENTION_DAYS'] days.",
        ),
    ]
