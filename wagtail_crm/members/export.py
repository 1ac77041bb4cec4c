"""Members as rows of a file."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .attributes import display_value
from .models import AttributeDefinition, ConsentRecord, Member
from .querysets import MemberQuerySet
from .spreadsheets import Cell

CHUNK = 1000

FIELDS = (
    "code",
    "family_name",
    "given_name",
    "family_name_kana",
    "given_name_kana",
    "email",
    "status",
    "language",
    "owner",
)
Type = AttributeDefinition.Type
MOMENTS = ("created_at", "registered_at", "last_seen_at")


def member_rows(
    members: MemberQuerySet, definitions: Iterable[AttributeDefinition]
) -> Iterator[list[Cell]]:
    """One row per member, however many there are; the first row names the columns."""
    definitions = list(definitions)
    yield heading(definitions)
    current = Prefetch("consent_records", ConsentRecord.objects.current(), to_attr="answers")
    people = members.with_admin_details().prefetch_related(current)
    for member in people.iterator(chunk_size=CHUNK):
        yield _cells(member, definitions)


def heading(definitions: list[AttributeDefinition]) -> list[Cell]:
    """The names of the columns, in the active language."""
    names: list[Cell] = [_label(name) for name in FIELDS]
    names += [capfirst(_("tags"))]
    names += [f"{_('Consent')}: {label}" for label in ConsentRecord.Purpose.labels]
    names += [definition.text("label") for definition in definitions]
    return names + [_label(name) for name in MOMENTS]


def _label(field: str) -> str:
    return capfirst(str(Member._meta.get_field(field).verbose_name))


def _cells(member: Any, definitions: list[AttributeDefinition]) -> list[Cell]:
    cells: list[Cell] = [str(getattr(member, name) or "") for name in FIELDS]
    cells[FIELDS.index("status")] = member.get_status_display()
    cells += [", ".join(sorted(item.tag.name for item in member.tagged_items.all()))]
    granted = {record.purpose: record.granted for record in member.answers}
    cells += [_("Yes") if granted.get(each) else _("No") for each in ConsentRecord.Purpose.values]
    cells += [
        _answer(definition, member.attributes.get(definition.key)) for definition in definitions
    ]
    return cells + [_moment(getattr(member, name)) for name in MOMENTS]


def _answer(definition: AttributeDefinition, value: Any) -> Cell:
    """As people read it; days and numbers as spreadsheets, and an import, calculate with them."""
    if definition.type == Type.NUMBER and isinstance(value, int | float):
        return value
    if value is not None and definition.type in (Type.DATE, Type.NUMBER):
        return str(value)
    return display_value(definition, value)


def _moment(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i") if moment else ""
