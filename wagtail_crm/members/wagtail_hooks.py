from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from wagtail_crm.jobs import Job

from . import admin_tabs
from .models import AttributeDefinition, ConsentRecord, Member, TaggedMember
from .panels import MemberPanel
from .personal_data import PersonalData
from .placeholders import Placeholder
from .policies import ReadOnlyPolicy
from .tasks import forget_unconfirmed
from .views.bulk import AssignOwner, CloseMembers, ExportMembers, TagMembers
from .viewsets import AttributeViewSet, ConsentViewSet, MemberViewSet

register_permission_policy(Member)
register_permission_policy(AttributeDefinition)
register_permission_policy(ConsentRecord, ReadOnlyPolicy(ConsentRecord))

register_snippet(MemberViewSet)
register_snippet(AttributeViewSet)
register_snippet(ConsentViewSet)

for bulk_action in (TagMembers, AssignOwner, ExportMembers, CloseMembers):
    hooks.register("register_bulk_action", bulk_action, order=100)


@hooks.register("register_permissions")
def offer_export_permission() -> QuerySet[Permission]:
    return Permission.objects.filter(
        content_type__app_label="wagtail_crm_members", codename="export_member"
    )


@hooks.register("register_log_actions")
def name_log_actions(actions: Any) -> None:
    actions.register_action("wagtail_crm.withdraw", _("Withdraw"), _("Withdrawn from the list"))
    actions.register_action("wagtail_crm.erase", _("Erase"), _("Data erased"))


@hooks.register("register_crm_member_panels")
def show_profile_and_consent() -> Iterable[MemberPanel]:
    return [
        MemberPanel(
            "profile",
            label=_("Profile"),
            order=20,
            where="admin",
            template_name="wagtail_crm/members/admin/profile_tab.html",
            context=admin_tabs.profile,
        ),
        MemberPanel(
            "consent",
            label=_("Consent"),
            order=900,
            where="admin",
            template_name="wagtail_crm/members/admin/consent_tab.html",
            context=admin_tabs.consent,
        ),
    ]


@hooks.register("register_crm_jobs")
def register_jobs() -> Iterable[Job]:
    return [
        Job(
            "forget_unconfirmed",
            forget_unconfirmed,
            timedelta(hours=6),
            _("Deletes registrations whose address was never confirmed"),
        )
    ]


@hooks.register("register_crm_personal_data")
def declare_personal_data() -> Iterable[PersonalData]:
    return [
        PersonalData(
            Member,
            exported=(
                "uuid",
                "status",
                "email",
                "code",
                "family_name",
                "given_name",
                "family_name_kana",
                "given_name_kana",
                "language",
                "time_zone",
                "attributes",
                "created_at",
                "registered_at",
                "withdrawn_at",
                "last_seen_at",
            ),
            erase="keep",
            retention="Until erased; then an empty row, so that totals still add up.",
            member_field="pk",
        ),
        PersonalData(
            ConsentRecord,
            exported=("purpose", "granted", "version", "source", "at"),
            erase="keep",
            retention="Kept as proof of consent, without a name once the member is erased.",
        ),
        PersonalData(
            TaggedMember,
            exported=("tag__name",),
            erase="delete",
            retention="As long as the member.",
            member_field="content_object",
        ),
    ]


@hooks.register("register_crm_placeholders")
def offer_placeholders() -> Iterable[Placeholder]:
    return [
        Placeholder("name", _("Full name"), lambda member: member.full_name),
        Placeholder("family_name", _("Family name"), lambda member: member.family_name),
        Placeholder("given_name", _("Given name"), lambda member: member.given_name),
        Placeholder("name_kana", _("Name in kana"), lambda member: member.full_name_kana),
        Placeholder("email", _("E-mail address"), lambda member: member.email),
        Placeholder("code", _("Customer code"), lambda member: member.code or ""),
    ]
