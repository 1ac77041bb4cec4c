"""The page that asks: a mixin for any page type.

It imports no models: the site's own base page may stand in the module that imports this one.
"""

from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.forms.models import FormMixin
from wagtail.fields import RichTextField

from .questions import Question, QuestionsField, SurveyFormBuilder, questions_of
from .reward_panel import RewardPanel

TEXT_FEATURES = ["bold", "italic", "link", "ul", "ol"]


class SurveyPageMixin(FormMixin, models.Model):
    """Makes a page type a survey: ``class Survey(SurveyPageMixin, YourPage)``.

    Add ``survey_panels`` to the content panels, and in the template
    ``{% include "wagtail_crm/surveys/_survey.html" %}``. Members answer once; the page asks,
    shows what was typed for confirmation, and thanks.
    """

    introduction = RichTextField(
        pgettext_lazy("survey", "introduction"), blank=True, features=TEXT_FEATURES
    )
    questions = QuestionsField(verbose_name=_("questions"))
    thanks = RichTextField(
        _("thanks"),
        blank=True,
        features=TEXT_FEATURES,
        help_text=_("What members read once they have answered."),
    )
    answers_can_change = models.BooleanField(_("members may change their answers"), default=False)
    closes_at = models.DateTimeField(
        _("open until"), null=True, blank=True, help_text=_("Leave it empty to keep it open.")
    )

    form_builder = SurveyFormBuilder

    survey_panels = [
        FieldPanel("introduction"),
        FieldPanel("questions"),
        FieldPanel("thanks"),
        RewardPanel(heading=_("Reward"), icon="tick-inverse"),
        MultiFieldPanel(
            [FieldPanel("answers_can_change"), FieldPanel("closes_at")], heading=_("Answering")
        ),
    ]

    class Meta:
        abstract = True

    @property
    def question_list(self) -> list[Question]:
        return list(questions_of(self.questions))

    def get_form_fields(self) -> list[Question]:
        return self.question_list

    @property
    def is_open(self) -> bool:
        return self.closes_at is None or timezone.now() < self.closes_at

    @property
    def subject(self) -> str:
        """What events about this survey name."""
        return f"survey:{self.pk}"

    def get_data_fields(self) -> list[tuple[str, Any]]:
        return [(question.clean_name, question.label) for question in self.question_list]

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # The tables need the site's page model, which may stand beside this class.
        from .flow import serve_survey  # noqa: PLC0415

        return serve_survey(self, request)

    preview_modes = [
        ("questions", _("Questions")),
        ("confirmation", _("Confirmation")),
        ("thanks", _("Thanks")),
        ("invitation", _("For visitors without an account")),
    ]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from .flow import preview_survey  # noqa: PLC0415  # as above

        return preview_survey(self, request, mode_name or "questions")  # type: ignore[arg-type]

    def serve_submissions_list_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Wagtail's own list of form submissions knows nothing of members: lead to the results."""
        return redirect("crm_survey_results", self.pk)
