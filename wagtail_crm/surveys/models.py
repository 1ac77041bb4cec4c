"""Answers to surveys; the questions belong to the pages that ask them."""

from typing import Any

import swapper
from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wagtail_crm.members.models import Member

from .pages import SurveyPageMixin
from .querysets import SurveyAnswerQuerySet, SurveyResponseQuerySet

PAGE_MODEL = swapper.get_model_name("wagtailcore", "Page")


def load_page_model() -> Any:
    """The site's base page model, also while models are still being loaded."""
    app_label, name = swapper.split(PAGE_MODEL)
    config = apps.get_app_config(app_label)
    config.import_models()
    return config.get_model(name, require_ready=False)


Page: Any = load_page_model()


class SurveyPage(SurveyPageMixin, Page):  # type: ignore[django-manager-missing]
    """A survey for sites that need no page type of their own for it."""

    template = "wagtail_crm/surveys/survey_page.html"

    content_panels = [*Page.content_panels, *SurveyPageMixin.survey_panels]

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")


class SurveyResponse(models.Model):
    """That a member answered a survey, once."""

    page = models.ForeignKey(
        PAGE_MODEL, on_delete=models.CASCADE, related_name="survey_responses", db_index=False
    )
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="survey_responses", verbose_name=_("member")
    )
    submitted_at = models.DateTimeField(_("answered"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True)

    objects = SurveyResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey response")
        verbose_name_plural = _("survey responses")
        default_permissions = ("view",)
        permissions = [("export_surveyresponse", _("Can export survey responses"))]
        constraints = [
            # One answer each, however often the button is pressed.
            models.UniqueConstraint(fields=["page", "member"], name="crm_survey_answered_once")
        ]
        indexes = [
            # The list of a survey's responses, newest first.
            models.Index(fields=["page", "-submitted_at"], name="crm_survey_newest")
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.page}"


class SurveyAnswer(models.Model):
    """One answer to one question: a choice, a number on a scale, or words.

    Several choices are several rows. ``question`` and ``value`` are the ids of the question and
    of the choice in the page, so that rewording them keeps what was answered.
    """

    response = models.ForeignKey(
        SurveyResponse, on_delete=models.CASCADE, related_name="answers", db_index=False
    )
    question = models.CharField(_("question"), max_length=36)
    value = models.CharField(_("choice"), max_length=36, blank=True)
    text = models.TextField(_("text"), blank=True)

    objects = SurveyAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey answer")
        verbose_name_plural = _("survey answers")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["response", "question", "value"], name="crm_survey_chosen_once"
            )
        ]
        indexes = [
            # The rule "answered this", and how many chose what.
            models.Index(fields=["question", "value", "response"], name="crm_survey_chosen")
        ]

    def __str__(self) -> str:
        return self.text or self.value
