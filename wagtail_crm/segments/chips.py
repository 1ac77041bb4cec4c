"""The segments of a member, as small links on the member's page in the admin."""

from typing import Any

from django.http import HttpRequest
from wagtail.permissions import policy_registry

from wagtail_crm.members.models import Member

from .models import Membership, Segment


def segments_of(request: HttpRequest, member: Member) -> dict[str, Any] | None:
    """What the template shows; nothing without segments, or to somebody who may not see them."""
    policy = policy_registry.get_by_type(Segment)
    if not policy.user_has_any_permission(request.user, ["add", "change", "delete", "view"]):
        return None
    memberships = list(Membership.objects.segments_of(member))
    if not memberships:
        return None
    return {"segments": [membership.segment for membership in memberships]}
