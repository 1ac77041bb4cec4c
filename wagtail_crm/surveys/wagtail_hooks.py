from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_crm.members.panels import MemberPanel
from wagtail_crm.members.personal_data import PersonalData
from wagtail_crm.segments.rules.blocks import RuleBlock
from wagtail_crm.tracking.kinds import EventKind

from . import panels
from .kinds import SURVEY_ANSWER, answers_in_words
from .models import SurveyAnswer, SurveyResponse
from .rule_blocks import SurveyRuleBlock


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


@hooks.register("register_crm_segment_rules")
def register_rules() -> Iterable[RuleBlock]:
    return [SurveyRuleBlock()]


@hooks.register("register_crm_member_panels")
def register_panels() -> Iterable[MemberPanel]:
    return [
        MemberPanel(
            "surveys",
            _("Surveys"),
            order=300,
            template_name="wagtail_crm/surveys/_to_answer.html",
            context=panels.to_answer,
        ),
        MemberPanel(
            "survey_answers",
            _("Surveys"),
            order=500,
            where="admin",
            template_name="wagtail_crm/surveys/_answered.html",
            context=panels.answered,
            permission="wagtail_crm_surveys.view_surveyresponse",
        ),
    ]
