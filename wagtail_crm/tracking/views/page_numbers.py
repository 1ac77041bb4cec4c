"""Who looks at a page, beside the page's editor."""

from typing import Any

import swapper
from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel

from wagtail_crm.charts import CHART_MEDIA, Chart
from wagtail_crm.conf import crm_settings
from wagtail_crm.tracking.page_numbers import (
    RANGES,
    PageNumbers,
    PagePart,
    PageScope,
    numbers_of,
    page_parts,
)
from wagtail_crm.tracking.patience import TookTooLong, no_longer_than

PERMISSION = "wagtail_crm_tracking.view_dailytotal"


class PageNumbersPanel(BaseSidePanel):
    """Empty until it is opened; the script then asks for the numbers."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Show or hide who looks at this page")
        icon_name = "view"
        has_counter = False

    name = "crm-page-numbers"
    title = _("Who looks at this page")
    template_name = "wagtail_crm/tracking/page_numbers_panel.html"
    order = 350

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        url = reverse("crm_page_numbers", args=[self.object.pk])
        return {**super().get_context_data(parent_context), "url": url}

    @property
    def media(self) -> Media:
        own = Media(
            js=["wagtail_crm/tracking/page_numbers.js"],
            css={"all": ["wagtail_crm/tracking/page_numbers.css"]},
        )
        return CHART_MEDIA + own


class PageNumbersMixin:
    """For edit views of pages: adds the panel. Our hook gives it to every page type's view."""

    request: HttpRequest
    page: Any
    expects_json_response: bool

    def get_side_panels(self) -> MediaContainer:
        panels = super().get_side_panels()  # type: ignore[misc]
        if self.expects_json_response or not self.request.user.has_perm(PERMISSION):
            return panels
        return MediaContainer([*panels, PageNumbersPanel(self.page, self.request)])


def with_page_numbers(edit_view_class: type) -> type:
    """The same edit view with the panel; asking twice changes nothing."""
    if issubclass(edit_view_class, PageNumbersMixin):
        return edit_view_class
    return type(edit_view_class.__name__, (PageNumbersMixin, edit_view_class), {})


def page_numbers_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The inside of the panel, for whoever may edit this page and see numbers."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    page = get_object_or_404(swapper.load_model("wagtailcore", "Page"), pk=pk)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    scope = _scope(request, page)
    context: dict[str, Any] = {"scope": scope, "ranges": RANGES}
    try:
        with no_longer_than(crm_settings.count_timeout):
            context |= _counted(request, scope)
    except TookTooLong:
        context["took_too_long"] = True
    return render(request, "wagtail_crm/tracking/page_numbers.html", context)


def _counted(request: HttpRequest, scope: PageScope) -> dict[str, Any]:
    numbers = numbers_of(scope)
    parts = [part.html(request, numbers) for part in _parts_of(numbers)]
    return {"numbers": numbers, "chart": _chart(numbers), "parts": parts}


def _scope(request: HttpRequest, page: Any) -> PageScope:
    days = request.GET.get("days", "30")
    if days not in map(str, RANGES):
        raise Http404
    return PageScope(page, days=int(days), below=request.GET.get("below") == "1")


def _parts_of(numbers: PageNumbers) -> list[PagePart]:
    parts = page_parts.values() if numbers.views else ()
    return sorted(parts, key=lambda part: part.order)


def _chart(numbers: PageNumbers) -> Chart:
    spans = numbers.by_span()
    by_week = len(spans) < numbers.scope.days
    return Chart(
        label=gettext("Views per week") if by_week else gettext("Views per day"),
        heading=gettext("Week from") if by_week else gettext("Day"),
        unit=gettext("Page views"),
        labels=[date_format(day, "MONTH_DAY_FORMAT") for day, _views in spans],
        values=[views for _day, views in spans],
    )
