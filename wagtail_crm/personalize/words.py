"""The merge fields of each member, for the snapshot that pages read."""

from collections.abc import Sequence

from django.conf import settings
from django.utils import translation

from wagtail_crm.members.models import Member
from wagtail_crm.members.placeholders import available_placeholders, prefetched

Words = dict[str, str]


def build_words(member_ids: Sequence[int]) -> dict[int, Words]:
    """Merge field to value for each member, in the member's language; empty ones left out."""
    known = available_placeholders()
    members = prefetched(Member.objects.filter(pk__in=member_ids), known.values())
    found = {}
    for member in members:
        with translation.override(member.language or settings.LANGUAGE_CODE):
            values = ((slug, field.value(member)) for slug, field in known.items())
            found[member.pk] = {slug: str(value) for slug, value in values if value}
    return found
