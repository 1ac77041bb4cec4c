"""Members as links, for those who may look at them."""

from collections.abc import Iterable
from typing import Any

from django.urls import NoReverseMatch, reverse
from wagtail.permissions import policy_registry

from wagtail_crm.members.models import Member


def may_see_members(user: Any) -> bool:
    """Whether names may be shown to this colleague; numbers may be to every editor of segments."""
    policy = policy_registry.get_by_type(Member)
    return bool(policy.user_has_any_permission(user, ["add", "change", "delete", "view"]))


def with_links(members: Iterable[Member]) -> list[tuple[Member, str]]:
    """(member, address of the member's page) in the same order."""
    return [(member, _address(member)) for member in members]


def _address(member: Member) -> str:
    try:
        return reverse("crm_member:inspect", args=[member.pk])
    except NoReverseMatch:  # a site may leave the members' screens out
        return ""
