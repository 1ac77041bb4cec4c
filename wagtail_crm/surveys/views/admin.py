"""Surveys in the Wagtail admin: the list, the results, the file of answers."""

import logging
from typing import Any

import swapper
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.ui.tables.pages import PageStatusColumn
from wagtail.admin.views.generic import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.permissions import policy_registry

from wagtail_crm.members.models import Member
from wagtail_crm.members.spreadsheets import FORMATS, file_response
from wagtail_crm.surveys.catalogue import find_survey, survey_models
from wagtail_crm.surveys.export import answer_rows
from wagtail_crm.surveys.kinds import SURVEY_ANSWER
from wagtail_crm.surveys.models import SurveyResponse
from wagtail_crm.surveys.results import results_of
from wagtail_crm.tracking.rewards import promised_rewards
from wagtail_crm.viewsets import may_look

logger = logging.getLogger(__name__)

VIEW = "wagtail_crm_surveys.view_surveyresponse"
EXPORT = "wagtail_crm_surveys.export_surveyresponse"


class AnswersPermissionMixin:
    """Answers are personal: who may not see them gets no further."""

    permission = VIEW

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # a view


class SurveyIndexView(AnswersPermissionMixin, BaseListingView):
    """Every survey of the site with how many answered."""

    page_title = gettext_lazy("Surveys")
    header_icon = "form"
    index_url_name = "crm_surveys"
    index_results_url_name = "crm_surveys_results"
    template_name = "wagtail_crm/surveys/admin/index.html"
    results_template_name = "wagtail_crm/surveys/admin/index_results.html"
    default_ordering = "-first_published_at"
    paginate_by = 50

    @cached_property
    def header_buttons(self) -> list[Button]:
        """One for each page type that is a survey and that the editor may add somewhere."""
        pages = policy_registry.get_by_type(swapper.load_model("wagtailcore", "Page"))
        if not pages.user_has_permission(self.request.user, "add"):
            return []
        return [
            HeaderButton(
                _("Add %(type)s") % {"type": model._meta.verbose_name},
                url=reverse(
                    "wagtailadmin_pages:choose_parent",
                    args=[model._meta.app_label, model._meta.model_name],
                ),
                icon_name="plus",
            )
            for model in survey_models()
            if model.is_creatable
        ]

    def get_queryset(self) -> QuerySet[Any]:
        return self.order_queryset(self.get_base_queryset())

    def get_base_queryset(self) -> QuerySet[Any]:
        types = ContentType.objects.get_for_models(*survey_models()).values()
        responses = SurveyResponse.objects.filter(page=OuterRef("pk")).order_by().values("page")
        pages = swapper.load_model("wagtailcore", "Page").objects.filter(content_type__in=types)
        return pages.annotate(
            responses=Coalesce(Subquery(responses.annotate(n=Count("pk")).values("n")), 0),
            last_response=Subquery(responses.annotate(at=Max("submitted_at")).values("at")),
        )

    @cached_property
    def columns(self) -> list[Column]:
        return [
            TitleColumn(
                "title",
                label=_("Survey"),
                sort_key="title",
                get_url=lambda page: reverse("crm_survey_results", args=[page.pk]),
            ),
            Column("responses", label=_("Answered by"), sort_key="responses", width="15%"),
            DateColumn("last_response", label=_("Last answer"), sort_key="last_response"),
            PageStatusColumn("status", label=_("Status"), sort_key="live"),
        ]


class SurveyView(AnswersPermissionMixin):
    """A view of one survey."""

    kwargs: dict[str, Any]

    @cached_property
    def page(self) -> Any:
        page = find_survey(self.kwargs["pk"])
        if page is None:
            raise Http404
        return page


class ResultsView(SurveyView, WagtailAdminTemplateMixin, TemplateView):
    """What members answered, question by question."""

    template_name = "wagtail_crm/surveys/admin/results.html"
    header_icon = "form"

    def get_page_title(self) -> str:
        return self.page.title

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("crm_surveys"), "label": _("Surveys")},
            {"url": "", "label": self.page.title},
        ]

    @cached_property
    def header_buttons(self) -> list[Button]:
        buttons = []
        if self.page.permissions_for_user(self.request.user).can_edit():
            url = reverse("wagtailadmin_pages:edit", args=[self.page.pk])
            buttons.append(HeaderButton(_("Edit the survey"), url=url, icon_name="edit"))
        if self.page.live and self.page.url:
            buttons.append(HeaderButton(_("View the page"), url=self.page.url, icon_name="view"))
        return buttons

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        if not self.request.user.has_perm(EXPORT):
            return []
        url = reverse("crm_survey_export", args=[self.page.pk])
        return [
            Button(
                _("Download – %s") % label,
                url=f"{url}?format={format}",
                icon_name="download",
                priority=priority,
            )
            for priority, (format, label) in enumerate(FORMATS.items())
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        responses = SurveyResponse.objects.to_survey(self.page)
        return {
            **super().get_context_data(**kwargs),
            "survey": self.page,
            "rewards": promised_rewards(SURVEY_ANSWER, [self.page])[self.page.pk],
            "results": results_of(self.page),
            "may_see_members": may_look(self.request.user, Member),
            **responses.aggregate(number=Count("pk"), last=Max("submitted_at")),
        }


class ExportView(SurveyView, View):
    """Every answer as a file."""

    permission = EXPORT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        format = request.GET.get("format", "utf-8-sig")
        if format not in FORMATS:
            raise Http404
        logger.info("%s exports the answers to survey %s.", request.user, self.page.pk)
        name = f"survey-{self.page.pk}"
        rows = answer_rows(self.page, with_names=may_look(request.user, Member))
        return file_response(rows, name=name, format=format)
