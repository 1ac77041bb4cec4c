"""The editor of a segment, and its removal."""

from typing import Any

from django.db.models import Exists, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import Button
from wagtail.snippets.action_menu import PublishMenuItem
from wagtail.snippets.views import snippets

from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.rules.reading import read_together
from wagtail_crm.tracking.models import RefusedEvent
from wagtail_crm.viewsets import CopyView, ReadOnceMixin, SavedByHandMixin

from .buttons import act_button, more_buttons
from .count import CountPanel


class CountedMixin:
    """Adds the panel that counts while somebody types."""

    request: Any
    form: Any
    action: str
    object: Segment
    expects_json_response: bool
    live_object: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Made to the end while what rules name and offer is kept, which templates ask for."""
        segment: Segment | None = getattr(self, "object", None)
        rules = segment.rules.raw_data if segment else ()
        with read_together(Segment._meta.get_field("rules").stream_block, [list(rules)]):
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if isinstance(response, SimpleTemplateResponse):
                response.render()
        return response

    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()  # type: ignore[misc]
        if self.expects_json_response:  # an autosave leaves the panel as it is
            return panels
        count = CountPanel(self.form.instance, self.request, self.live_object)
        return MediaContainer([count, *panels])

    def get_success_url(self) -> str:
        """What is published is shown with its members; a draft stays where it is written."""
        if self.action == "publish":
            return reverse("crm_segment:inspect", args=[self.object.pk])
        return super().get_success_url()  # type: ignore[misc]


def publish_first(items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """Only published segments have members, so that is the button; drafts are the exception."""
    if context["model"] is Segment:
        items.sort(key=lambda item: item.name != PublishMenuItem.name)


class SegmentCreateView(SavedByHandMixin, CountedMixin, snippets.CreateView):
    pass


class SegmentCopyView(SavedByHandMixin, CountedMixin, CopyView):
    """The form of a copy has the rules; of a static segment the members are copied."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        segment = Segment.objects.filter(pk=self.kwargs["pk"]).first()
        if segment and segment.is_static:
            return redirect(reverse("crm_segment_freeze", args=[segment.pk]))
        return super().get(request, *args, **kwargs)


class SegmentEditView(CountedMixin, ReadOnceMixin, snippets.EditView):
    def get_queryset(self) -> QuerySet[Segment]:
        segments = Segment.objects.select_related("latest_revision", "live_revision")
        return segments.with_sizes().annotate(any_refused=Exists(RefusedEvent.objects.all()))

    def get_object(self, queryset: Any = None) -> Segment:
        segment: Segment = super().get_object(queryset)
        # The menu of each page asks for it; here it came along.
        self.request.crm_has_refused_events = self.live_object.any_refused
        return segment

    def read(self) -> Segment:
        """As Wagtail does, but a draft knows what came along: Wagtail would read that again."""
        self.live_object = generic.EditView.get_object(self)
        draft = self.live_object.has_unpublished_changes and self.live_object.latest_revision
        if not draft:
            return self.live_object
        draft.content_object = self.live_object
        segment: Segment = draft.as_object()
        segment.live_revision = self.live_object.live_revision
        return segment

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        user = self.request.user
        act = [
            Button(button.label, url=button.url, icon_name=button.icon_name, priority=5)
            for button in act_button(self.live_object, user)
        ]
        return [*act, *super().header_more_buttons, *more_buttons(self.live_object, user)]
