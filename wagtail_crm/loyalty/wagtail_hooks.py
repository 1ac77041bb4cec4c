from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_crm.members.personal_data import PersonalData
from wagtail_crm.tracking.kinds import EventKind

from .erasure import forget_words
from .kinds import points_details
from .models import POINTS_KIND, Account, Entry


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
