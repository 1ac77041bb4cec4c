"""The filter "in segment" of the list of members."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.permissions import policy_registry

from wagtail_crm.members.choice_filters import RowsFilter
from wagtail_crm.members.models import Member
from wagtail_crm.viewsets import LOOKING

from .models import Membership, Segment


def in_segment() -> django_filters.Filter:
    return RowsFilter(
        label=_("Segment"),
        queryset=_segments_shown,
        method=_in_any,
    )


def _segments_shown(request: HttpRequest) -> QuerySet[Segment]:
    """Drafts have no members; and nobody learns here of segments they may not look at."""
    policy = policy_registry.get_by_type(Segment)
    if not policy.user_has_any_permission(request.user, LOOKING):
        return Segment.objects.none()
    return Segment.objects.live().only("name").order_by("name")


def _in_any(members: QuerySet[Member], name: str, segments: Any) -> QuerySet[Member]:
    if not segments:
        return members
    inside = Membership.objects.filter(segment__in=[segment.pk for segment in segments])
    return members.filter(pk__in=inside.values("member"))
