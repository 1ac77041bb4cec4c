"""Members as links; names only for those who may look at them, numbers for every editor."""

from collections.abc import Iterable

from django.urls import NoReverseMatch, reverse

from wagtail_crm.members.models import Member


def with_links(members: Iterable[Member]) -> list[tuple[Member, str]]:
    """(member, address of the member's page) in the same order."""
    return [(member, _address(member)) for member in members]


def _address(member: Member) -> str:
    try:
        return reverse("crm_member:inspect", args=[member.pk])
    except NoReverseMatch:  # a site may leave the members' screens out
        return ""
