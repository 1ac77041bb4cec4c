"""What is being, and was, done to a segment."""

import logging
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.spreadsheets import download
from wagtail_crm.segments import tasks
from wagtail_crm.segments.models import Segment, SegmentRun
from wagtail_crm.segments.runs import actions
from wagtail_crm.segments.runs.action import SegmentAction, segment_actions
from wagtail_crm.segments.runs.export import stored_pieces
from wagtail_crm.segments.runs.preview import named_skips
from wagtail_crm.segments.runs.progress import progress_of
from wagtail_crm.segments.runs.words import words_of

from .screens import SegmentScreen

logger = logging.getLogger(__name__)

RUNS_PER_PAGE = 30


class RunsView(SegmentScreen, TemplateView):
    """Everything that was done to a segment, newest first."""

    template_name = "wagtail_crm/segments/act/runs.html"
    page_title = _("Actions on this segment")
    header_icon = "history"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        runs = SegmentRun.objects.filter(segment=self.segment).select_related("started_by")
        page = Paginator(runs.newest_first(), RUNS_PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(**kwargs) | {
            "page_obj": page,
            "runs": [(run, words_of(run), self._url(run), progress_of(run)) for run in page],
        }

    def _url(self, run: SegmentRun) -> str:
        """Where it can be followed; nowhere for who may not do such things."""
        action = segment_actions.get(run.action)
        if action is None or not action.permitted(self.request.user):
            return ""
        return run.report.get("url") or reverse("crm_segment_run", args=[run.pk])


class RunScreen(SegmentScreen):
    """A screen about one run, for those who may do what it does."""

    @cached_property
    def run(self) -> SegmentRun:
        runs = SegmentRun.objects.select_related("segment", "started_by")
        return get_object_or_404(runs, pk=self.kwargs["pk"])

    @cached_property
    def segment(self) -> Segment:
        return self.run.segment

    @cached_property
    def action(self) -> SegmentAction | None:
        return segment_actions.get(self.run.action)

    @property
    def header_icon(self) -> str:  # type: ignore[override]
        return self.action.icon if self.action else "cog"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # First whether they may look at segments at all: else nobody learns which runs there are.
        if not self.permitted(request.user):
            raise PermissionDenied
        if self.action is None or not self.action.permitted(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def state(self) -> dict[str, Any]:
        """What the page shows, and asks for again while it is under way."""
        run = self.run
        return {
            "run": run,
            "segment": self.segment,
            "progress": progress_of(run),
            "skipped": named_skips(self.action, run.options, run.skipped),
            "fault": actions.fault_of(run),
            "is_running": run.status == SegmentRun.Status.RUNNING,
            "can_resume": actions.can_resume(run),
            "has_workers": crm_settings.use_workers,
            "expires": run.finished_at and run.finished_at + self._kept,
            "signs": list(run.report.get("replaced", ())),
        }

    @property
    def _kept(self) -> timedelta:
        return timedelta(days=crm_settings.run_file_days)


class RunView(RunScreen, TemplateView):
    """One run: how far it is, or what came of it."""

    template_name = "wagtail_crm/segments/act/run.html"

    def get_page_title(self) -> str:
        return words_of(self.run)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        others = reverse("crm_segment_runs", args=[self.segment.pk])
        return super().get_context_data(**kwargs) | self.state() | {"runs_url": others}


class RunProgressView(RunScreen, View):
    """The part of the page that moves; empty once there is more to show than that."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.run.status != SegmentRun.Status.RUNNING:
            return HttpResponse()
        return TemplateResponse(request, "wagtail_crm/segments/act/_progress.html", self.state())


class RunStateView(RunScreen, View):
    """A button that stops a run or lets it go on."""

    http_method_names = ["post"]
    done: Any = ""

    def act(self, run: SegmentRun) -> None:
        raise NotImplementedError

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            self.act(self.run)
        except actions.WrongState:
            messages.info(request, gettext("That was done already."))
        else:
            messages.success(request, str(self.done))
        return redirect(reverse("crm_segment_run", args=[pk]))


class CancelRunView(RunStateView):
    done = _("Cancelled. Nothing is done to the other members; what was done stays.")

    def act(self, run: SegmentRun) -> None:
        actions.cancel_run(run=run)


class ResumeRunView(RunStateView):
    done = _("It goes on where it stopped.")

    def act(self, run: SegmentRun) -> None:
        tasks.begin(actions.resume_run(run=run))


class RunFileView(RunScreen, View):
    """The file that a run made, for those who may make such files."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not self.run.file_name:
            raise Http404
        logger.info("%s downloads the file of run %s.", request.user, pk)
        pieces = stored_pieces(self.run)
        response = download(pieces, name=self.run.file_name, format=self.run.options["format"])
        response["Content-Length"] = str(self.run.file_size)
        return response
