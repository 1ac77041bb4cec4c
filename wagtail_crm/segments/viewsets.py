"""The screens of segments in the Wagtail admin."""

from typing import Any

from django.urls import path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import DateColumn, NumberColumn, StatusTagColumn

from wagtail_crm.viewsets import CrmViewSet

from .forms import SegmentForm
from .models import Segment
from .views import count, editing, listing


class SizeColumn(NumberColumn):
    """Nothing is counted for a draft, and a number that is being worked out is not shown."""

    cell_template_name = "wagtail_crm/segments/size_cell.html"


def _status(segment: Segment) -> Any:
    if segment.is_static:
        return _("Static")
    if not segment.live:
        return _("Draft")
    if segment.has_unpublished_changes:
        return _("Live, with a draft")
    return pgettext_lazy("segment", "Live")


class SegmentViewSet(CrmViewSet):
    model = Segment
    icon = "group"
    menu_label = _("Segments")
    menu_order = 300
    # By part of the name: full-text search finds no part of a Japanese one.
    search_fields = ["name"]
    search_backend_name = None
    ordering = "name"
    filterset_class = listing.SegmentFilterSet
    copy_view_enabled = True
    index_view_class = listing.SegmentIndexView
    add_view_class = editing.SegmentCreateView
    copy_view_class = editing.SegmentCopyView
    edit_view_class = editing.SegmentEditView
    inspect_view_class = listing.SegmentInspectView
    index_results_template_name = "wagtail_crm/segments/index_results.html"
    inspect_template_name = "wagtail_crm/segments/inspect.html"
    edit_handler = ObjectList(
        [
            FieldPanel("name", required_on_save=True),
            MultiFieldPanel(
                [FieldPanel("match"), FieldPanel("rules")],
                heading=_("Everyone who matches"),
                classname="crm-rules",
            ),
        ],
        base_form_class=SegmentForm,
    )

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            "name",
            SizeColumn("size", label=_("Number of members"), sort_key="size"),
            DateColumn("refreshed_at", label=_("Counted"), sort_key="refreshed_at"),
            listing.UsesColumn("uses", label=_("Used in")),
            # Wagtail's own column asks the database about each row's schedule.
            StatusTagColumn(
                "status", label=_("Status"), accessor=_status, primary=lambda segment: segment.live
            ),
        ]

    @property
    def count_view(self) -> Any:
        return self.construct_view(count.CountView, form_class=self.get_form_class())

    @property
    def refresh_view(self) -> Any:
        return self.construct_view(listing.RefreshView)

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("count/", self.count_view, name="count_new"),
            path("count/<int:pk>/", self.count_view, name="count"),
            path("refresh/<int:pk>/", self.refresh_view, name="refresh"),
        ]
