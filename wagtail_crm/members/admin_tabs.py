"""What the members' own tabs on a member's page show."""

from typing import Any

from django.http import HttpRequest
from django.utils.text import capfirst

from .attributes import display_value
from .consents import source_label
from .models import AttributeDefinition, ConsentRecord, Member

FIELDS = ("family_name", "given_name", "family_name_kana", "given_name_kana", "email", "code")
MOMENTS = ("created_at", "registered_at", "last_seen_at", "withdrawn_at")


def profile(request: HttpRequest, member: Member) -> dict[str, Any]:
    """Everything known of the person, attribute by attribute."""
    definitions = list(AttributeDefinition.objects.all())
    return {
        "fields": [(_label(name), getattr(member, name) or "") for name in FIELDS],
        "moments": [(_label(name), getattr(member, name)) for name in MOMENTS],
        "attributes": [
            (
                definition.text("label"),
                display_value(definition, member.attributes.get(definition.key)),
            )
            for definition in definitions
        ],
        "unknown": sorted(
            (key, value)
            for key, value in member.attributes.items()
            if key not in {definition.key for definition in definitions}
        ),
    }


def _label(name: str) -> str:
    return capfirst(str(Member._meta.get_field(name).verbose_name))


def consent(request: HttpRequest, member: Member) -> dict[str, Any]:
    """Every answer the person ever gave, newest first."""
    records = ConsentRecord.objects.filter(member=member)
    return {"records": [(record, source_label(record.source)) for record in records]}
