from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.permissions import register_permission_policy

from wagtail_crm.members.panels import MemberPanel
from wagtail_crm.members.personal_data import PersonalData
from wagtail_crm.members.policies import ReadOnlyPolicy
from wagtail_crm.segments.rules.blocks import RuleBlock
from wagtail_crm.segments.rules.person import PersonFact
from wagtail_crm.segments.rules.reading import RuleChoices
from wagtail_crm.tracking.kinds import EventKind
from wagtail_crm.viewsets import MENU_HOOK

from . import panels
from .catalogue import without_surveys
from .kinds import SURVEY_ANSWER, answers_in_words
from .menu import SurveysMenuItem, header_buttons, listing_buttons
from .models import SurveyAnswer, SurveyResponse
from .rule_blocks import CHOICES, SurveyRuleBlock
from .rules import SURVEY_FACT, load_answers
from .views.admin import ExportView, ResultsView, SurveyIndexView

register_permission_policy(SurveyResponse, ReadOnlyPolicy(SurveyResponse))


@hooks.register("register_permissions")
def offer_permissions() -> QuerySet[Permission]:
    return Permission.objects.filter(
        content_type__app_label="wagtail_crm_surveys",
        codename__in=["view_surveyresponse", "export_surveyresponse"],
    )


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    listing = SurveyIndexView.as_view
    return [
        path("crm/surveys/", listing(), name="crm_surveys"),
        path("crm/surveys/results/", listing(results_only=True), name="crm_surveys_results"),
        path("crm/surveys/<int:pk>/", ResultsView.as_view(), name="crm_survey_results"),
        path("crm/surveys/<int:pk>/export/", ExportView.as_view(), name="crm_survey_export"),
    ]


@hooks.register(MENU_HOOK)
def register_menu_item() -> MenuItem:
    url = reverse("crm_surveys")
    return SurveysMenuItem(_("Surveys"), url, name="surveys", icon_name="form", order=500)


@hooks.register("register_crm_rule_choices")
def register_choices() -> Iterable[RuleChoices]:
    return [CHOICES]


hooks.register("register_page_listing_buttons", listing_buttons)
hooks.register("register_page_header_buttons", header_buttons)
hooks.register("filter_form_submissions_for_user", without_surveys)


@hooks.register("register_crm_event_kinds")
def register_event_kinds() -> Iterable[EventKind]:
    return [
        EventKind(
            SURVEY_ANSWER,
            _("Answered a survey"),
            "form",
            _("Surveys"),
            answers_in_words,
            permission="wagtail_crm_surveys.view_surveyresponse",
            only_people=True,
            did=_("who answered %(what)s %(often)s"),
            did_not=_("who did not answer %(what)s %(often)s"),
            something=pgettext_lazy("answered", "a survey"),
            anything=pgettext_lazy("answered", "any survey"),
        )
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


@hooks.register("register_crm_person_facts")
def register_facts() -> Iterable[PersonFact]:
    return [PersonFact(SURVEY_FACT, load_answers, dict)]


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
