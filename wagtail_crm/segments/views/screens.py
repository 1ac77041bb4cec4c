"""What the screens of one segment besides its editor have in common."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.permissions import policy_registry

from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.querysets import SegmentQuerySet
from wagtail_crm.viewsets import may_look


def may(user: Any, action: str) -> bool:
    """Whether a colleague may do this to segments."""
    return bool(policy_registry.get_by_type(Segment).user_has_permission(user, action))


class SegmentScreen(WagtailAdminTemplateMixin):
    """A screen about a live segment, for those who may look at segments.

    ``permission`` is what else they must be allowed to do with segments.
    """

    header_icon = "group"
    permission = ""
    request: HttpRequest
    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.permitted(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def permitted(self, user: Any) -> bool:
        return may_look(user, Segment) and (not self.permission or may(user, self.permission))

    @cached_property
    def segment(self) -> Segment:
        return get_object_or_404(self.segments(), pk=self.kwargs["pk"])

    def segments(self) -> SegmentQuerySet:
        return Segment.objects.live()

    @property
    def segment_url(self) -> str:
        return reverse("crm_segment:inspect", args=[self.segment.pk])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("crm_segment:list"), "label": _("Segments")},
            {"url": self.segment_url, "label": self.segment.name},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if "pk" in self.kwargs:
            kwargs = {"segment": self.segment, "segment_url": self.segment_url} | kwargs
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context


class MembersScreen(SegmentScreen):
    """A screen that needs to know who is in the segment: that must not hang on a visit."""

    def segments(self) -> SegmentQuerySet:
        return Segment.objects.decided_beforehand()
