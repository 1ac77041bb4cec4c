from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_crm.jobs import Job

from .models import ConsentRecord, Member, TaggedMember
from .personal_data import PersonalData
from .placeholders import Placeholder
from .tasks import forget_unconfirmed


@hooks.register("register_crm_jobs")
def register_jobs() -> Iterable[Job]:
    return [
        Job(
            "forget_unconfirmed",
            forget_unconfirmed,
            timedelta(days=1),
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
