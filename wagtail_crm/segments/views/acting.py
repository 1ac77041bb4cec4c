"""Acting on a segment: choose what, say how, see whom it concerns, start."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from wagtail_crm.members.models import Member
from wagtail_crm.segments import tasks
from wagtail_crm.segments.models import SegmentRun
from wagtail_crm.segments.runs.action import (
    ActionForm,
    CannotStart,
    SegmentAction,
    actions_for,
    segment_actions,
)
from wagtail_crm.segments.runs.actions import run_of_key, start_run
from wagtail_crm.segments.runs.preview import preview
from wagtail_crm.viewsets import may_look

from .people import with_links
from .screens import MembersScreen

# What the page itself sends, beside what the form of the action asks.
OWN = ("csrfmiddlewaretoken", "step", "key")


class ChooseActionView(MembersScreen, TemplateView):
    """What can be done to everybody in a segment."""

    template_name = "wagtail_crm/segments/act/choose.html"
    page_title = _("Act on this segment")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        actions = actions_for(self.request.user)
        return super().get_context_data(**kwargs) | {"actions": actions}


class ActView(MembersScreen, TemplateView):
    """The form of an action; then the dry run, on a page that changes nothing; then the start.

    What was filled in travels from page to page, so nothing is kept before the start.
    """

    template_name = "wagtail_crm/segments/act/form.html"
    preview_template_name = "wagtail_crm/segments/act/preview.html"

    @cached_property
    def action(self) -> SegmentAction:
        action = segment_actions.get(self.kwargs["action"])
        if action is None:
            raise Http404
        return action

    def permitted(self, user: Any) -> bool:
        return super().permitted(user) and self.action.permitted(user)

    @property
    def header_icon(self) -> str:  # type: ignore[override]
        return self.action.icon

    def get_page_title(self) -> str:
        return str(self.action.label)

    def form(self, data: QueryDict | None = None) -> ActionForm:
        return self.action.form_class(data, segment=self.segment, user=self.request.user)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        step = request.POST.get("step")
        started = run_of_key(request.POST.get("key", "")) if step == "start" else None
        if started:
            return self._went_on(started)
        form = self.form(request.POST)
        if step == "change" or not form.is_valid():
            return self._page(form)
        options = form.options()
        if step != "start":
            return self._preview(options)
        return self._start(options)

    def _start(self, options: dict[str, Any]) -> HttpResponseBase:
        obstacles = self.action.obstacles(self.segment, options)
        if obstacles:
            return self._preview(options)
        try:
            run = start_run(
                segment=self.segment,
                action=self.action,
                options=options,
                by=self.request.user,
                key=_key(self.request.POST.get("key", "")),
            )
        except CannotStart as error:
            return self._preview(options, error.reasons)
        if not run.report:
            tasks.begin(run)
        return self._went_on(run)

    def _went_on(self, run: SegmentRun) -> HttpResponse:
        return redirect(run.report.get("url") or reverse("crm_segment_run", args=[run.pk]))

    def _page(self, form: ActionForm) -> HttpResponse:
        context = self.get_context_data(form=form, action=self.action)
        return self.render_to_response(context)

    def _preview(self, options: dict[str, Any], refused: list[str] | None = None) -> HttpResponse:
        foreseen = preview(self.action, self.segment, options)
        may_see = may_look(self.request.user, Member)
        context = self.get_context_data(
            action=self.action,
            words=self.action.in_words(options),
            preview=foreseen,
            skipped=[
                (skip, with_links(skip.sample) if may_see else []) for skip in foreseen.skipped
            ],
            notes=self.action.notes(self.segment, options),
            obstacles=refused or self.action.obstacles(self.segment, options),
            button=self._button(options, foreseen.number),
            fields=_said(self.request.POST),
            key=self.request.POST.get("key") or uuid.uuid4(),
        )
        return self.response_class(
            self.request, self.preview_template_name, context, using=self.template_engine
        )

    def _button(self, options: dict[str, Any], number: int) -> str:
        usual = ngettext("Do it for %(n)s member", "Do it for %(n)s members", number)
        words = self.action.button(options, number) or usual
        return words % {"n": number_format(number, force_grouping=True)}


def _said(data: QueryDict) -> list[tuple[str, str]]:
    return [(name, each) for name, values in data.lists() if name not in OWN for each in values]


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise PermissionDenied from error
