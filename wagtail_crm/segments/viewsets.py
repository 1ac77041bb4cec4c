"""The segments screen of the Wagtail admin."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from wagtail_crm.viewsets import CrmViewSet

from .models import Segment


class SegmentViewSet(CrmViewSet):
    model = Segment
    icon = "group"
    menu_label = _("Segments")
    menu_order = 300
    list_display = ["name", "size", "refreshed_at"]
    search_fields = ["name"]
    copy_view_enabled = True
    panels = [
        FieldPanel("name"),
        MultiFieldPanel([FieldPanel("match"), FieldPanel("rules")], heading=_("Everyone who")),
    ]
