"""Looking at events that were set aside, and trying them again."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from wagtail.admin import messages
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views.generic import PermissionCheckedMixin, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton
from wagtail.snippets.views.snippets import IndexView, InspectView

from wagtail_crm.tracking import actions
from wagtail_crm.tracking.models import RefusedEvent

NAMESPACE = "crm_refusedevent"


class EventColumn(TitleColumn):
    """On a phone, wide enough for names of kinds that nobody knows any more."""

    class Media:
        css = {"all": ["wagtail_crm/tracking/refused_events.css"]}


class RefusedEventIndexView(IndexView):
    default_ordering = "-at"

    def _get_title_column(
        self, field_name: str, column_class: Any = EventColumn, **kwargs: Any
    ) -> Any:
        return super()._get_title_column(field_name, column_class, **kwargs)

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not self.user_has_permission("retry") or not RefusedEvent.objects.exists():
            return []
        url = reverse(f"{NAMESPACE}:retry_all")
        return [HeaderButton(_("Try all again"), url=url, icon_name="rotate")]


class RefusedEventInspectView(InspectView):
    """Everything there is to know of one, with the button that tries it again."""

    page_title = _("Event set aside")

    def get_member_display_value(self) -> str:
        return str(self.object.member or "–")

    def get_at_display_value(self) -> str:
        return date_format(timezone.localtime(self.object.at), "DATETIME_FORMAT")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            payload=_readable(bytes(self.object.payload)),
            may_retry=self.user_has_permission("retry"),
            retry_url=reverse(f"{NAMESPACE}:retry", args=[self.object.pk]),
            **kwargs,
        )


def _readable(payload: bytes) -> str:
    try:
        return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)
    except ValueError:
        return payload.decode(errors="replace")


class RetryView(PermissionCheckedMixin, View):
    """POST: try one again."""

    http_method_names = ["post"]
    model = RefusedEvent
    permission_required = "retry"
    index_url_name = ""
    inspect_url_name = ""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        refused = get_object_or_404(RefusedEvent, pk=pk)
        if actions.retry_refused_event(refused=refused):
            messages.success(request, gettext("The event is recorded."))
            return redirect(self.index_url_name)
        messages.error(request, gettext("It failed again. The reason is below."))
        return redirect(self.inspect_url_name, refused.pk)


class RetryAllView(PermissionCheckedMixin, WagtailAdminTemplateMixin, View):
    """A page that asks; its POST tries all again."""

    model = RefusedEvent
    permission_required = "retry"
    page_title = _("Try all again")
    header_icon = "rotate"
    index_url_name = ""
    template_name = "wagtail_crm/tracking/retry_all.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        count = RefusedEvent.objects.count()
        index_url = reverse(self.index_url_name)
        return self.render_to_response(self.get_context_data(count=count, index_url=index_url))

    def post(self, request: HttpRequest) -> HttpResponse:
        before = RefusedEvent.objects.count()
        gone = actions.retry_refused_events(gave_up=True)
        if gone:
            text = ngettext("%(n)d event is recorded.", "%(n)d events are recorded.", gone)
            messages.success(request, text % {"n": gone})
        if left := before - gone:
            text = ngettext("%(n)d event failed again.", "%(n)d events failed again.", left)
            messages.warning(request, text % {"n": left})
        return redirect(self.index_url_name)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse(self.index_url_name), "label": _("Events set aside")},
            {"url": "", "label": self.get_page_title()},
        ]
