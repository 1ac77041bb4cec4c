"""The editor of a segment, and its removal."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.widgets.button import Button
from wagtail.snippets.action_menu import PublishMenuItem
from wagtail.snippets.views import snippets

from wagtail_crm.segments.models import Segment
from wagtail_crm.viewsets import CopyView, SavedByHandMixin

from .buttons import act_button, more_buttons
from .count import CountPanel


class CountedMixin:
    """Adds the panel that counts while somebody types."""

    request: Any
    form: Any
    action: str
    object: Segment
    expects_json_response: bool

    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()  # type: ignore[misc]
        if self.expects_json_response:  # an autosave leaves the panel as it is
            return panels
        return MediaContainer([CountPanel(self.form.instance, self.request), *panels])

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


class SegmentEditView(CountedMixin, snippets.EditView):
    @cached_property
    def header_more_buttons(self) -> list[Any]:
        user = self.request.user
        act = [
            Button(button.label, url=button.url, icon_name=button.icon_name, priority=5)
            for button in act_button(self.live_object, user)
        ]
        return [*act, *super().header_more_buttons, *more_buttons(self.live_object, user)]
