"""The editor of a segment, and its removal."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from wagtail.admin.ui.components import MediaContainer
from wagtail.snippets.action_menu import PublishMenuItem
from wagtail.snippets.views import snippets

from wagtail_crm.segments.models import Segment
from wagtail_crm.viewsets import CopyView, SavedByHandMixin

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
    pass


class SegmentEditView(CountedMixin, snippets.EditView):
    pass
