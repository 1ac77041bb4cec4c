"""The segments of a member, as small links on the member's page in the admin."""

from typing import Any

from django.http import HttpRequest

from wagtail_crm.members.models import Member
from wagtail_crm.viewsets import may_look

from .models import Membership, Segment


def segments_of(request: HttpRequest, member: Member) -> dict[str, Any] | None:
    """What the template shows; nothing without segments, or to somebody who may not see them."""
    if not may_look(request.user, Segment):
        return None
    memberships = list(Membership.objects.segments_of(member))
    if not memberships:
        return None
    return {"segments": [membership.segment for membership in memberships]}
