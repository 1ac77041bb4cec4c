from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_crm.members.personal_data import PersonalData
from wagtail_crm.tracking.kinds import EventKind

from .kinds import SURVEY_ANSWER, answers_in_words
from .models import SurveyAnswer, SurveyResponse


@hooks.register("register_crm_event_kinds")
def register_event_kinds() -> Iterable[EventKind]:
    return [
        EventKind(SURVEY_ANSWER, _("Answered a survey"), "form", _("Surveys"), answers_in_words)
    ]


@hooks.register("register_crm_personal_data")
def declare_personal_data() -> Iterable[PersonalData]:
    return [
        PersonalData(
            SurveyResponse,
            exported=("page__title", "submitted_at", "changed_at"),
            erase="delete",
            retention="As long as the survey and the member.",
        ),
        PersonalData(
            SurveyAnswer,
            exported=("response__page__title", "question", "value", "text"),
            erase="delete",
            retention="As long as the survey and the member.",
            member_field="response__member",
        ),
    ]
