"""Events that were set aside; in the CRM menu only when there are any."""

from typing import Any

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import DateColumn
from wagtail.permissions import policy_registry

from wagtail_crm.viewsets import CrmViewSet

from .models import RefusedEvent
from .views.refused_events import (
    RefusedEventIndexView,
    RefusedEventInspectView,
    RetryAllView,
    RetryView,
)


class RefusedEventsMenuItem(MenuItem):
    """Shown to those who may see it, when there is something to see; asked once per request.

    A view that asks the database anyway may find out on the way and note it on the request.
    """

    def is_shown(self, request: Any) -> bool:
        policy = policy_registry.get_by_type(RefusedEvent)
        if not policy.user_has_permission(request.user, "view"):
            return False
        if not hasattr(request, "crm_has_refused_events"):
            request.crm_has_refused_events = RefusedEvent.objects.exists()
        return bool(request.crm_has_refused_events)


class RefusedEventViewSet(CrmViewSet):
    model = RefusedEvent
    icon = "warning"
    menu_label = _("Events set aside")
    menu_name = "crm-refused-events"
    menu_order = 990
    menu_item_class = RefusedEventsMenuItem
    index_view_class = RefusedEventIndexView
    inspect_view_class = RefusedEventInspectView
    inspect_view_fields = ["kind", "member", "explanation", "reason", "at", "attempts"]
    inspect_template_name = "wagtail_crm/tracking/refused_event.html"
    index_results_template_name = "wagtail_crm/tracking/refused_events_results.html"
    list_display = [
        "kind",
        "explanation",
        DateColumn("at", label=_("Set aside"), sort_key="at"),
    ]
    search_fields = ["reason"]
    search_backend_name = None
    add_to_reference_index = False

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("retry/", self.construct_view(RetryAllView), name="retry_all"),
            path("retry/<int:pk>/", self.construct_view(RetryView), name="retry"),
        ]
