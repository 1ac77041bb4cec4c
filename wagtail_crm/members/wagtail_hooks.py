from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from .models import ConsentRecord, TaggedMember
from .personal_data import PersonalData
from .placeholders import Placeholder


@hooks.register("register_crm_personal_data")
def declare_personal_data() -> Iterable[PersonalData]:
    return [
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
