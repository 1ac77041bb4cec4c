"""The editor of a segment, and its removal."""

from typing import Any

from wagtail.admin.ui.components import MediaContainer
from wagtail.snippets.views import snippets

from wagtail_crm.viewsets import CopyView

from .count import CountPanel


class CountedMixin:
    """Adds the panel that counts while somebody types."""

    request: Any
    form: Any
    expects_json_response: bool

    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()  # type: ignore[misc]
        if self.expects_json_response:  # an autosave leaves the panel as it is
            return panels
        return MediaContainer([CountPanel(self.form.instance, self.request), *panels])


class SegmentCreateView(CountedMixin, snippets.CreateView):
    pass


class SegmentCopyView(CountedMixin, CopyView):
    pass


class SegmentEditView(CountedMixin, snippets.EditView):
    pass
