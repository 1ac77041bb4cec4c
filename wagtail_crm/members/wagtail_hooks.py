from collections.abc import Iterable

from wagtail import hooks

from .models import ConsentRecord, TaggedMember
from .personal_data import PersonalData


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
