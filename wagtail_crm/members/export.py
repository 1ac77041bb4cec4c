"""Members as rows of a file."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from wagtail_crm.expressions import IsOneOf

from .attributes import displayer
from .models import AttributeDefinition, ConsentRecord, Member, TaggedMember
from .querysets import MemberQuerySet
from .workbooks import Cell

# Members whose tags, consents and owners are read at a time.
CHUNK = 1000

NAMES = (
    "code",
    "family_name",
    "given_name",
    "family_name_kana",
    "given_name_kana",
    "email",
)
FIELDS = (*NAMES, "status", "language", "owner")
Type = AttributeDefinition.Type
MOMENTS = ("created_at", "registered_at", "last_seen_at")


def member_rows(
    members: MemberQuerySet, definitions: Iterable[AttributeDefinition]
) -> Iterator[list[Cell]]:
    """One row per member, however many there are; the first row names the columns."""
    definitions = list(definitions)
    yield heading(definitions)
    rows = _Rows(definitions)
    # Values: with everything a list prefetches, making members of them would take most of the time.
    plain = members.prefetch_related(None).values_list("pk", *FIELDS, "attributes", *MOMENTS)
    people = plain.iterator(chunk_size=CHUNK)
    while some := list(islice(people, CHUNK)):
        yield from rows.of(some)


def heading(definitions: list[AttributeDefinition]) -> list[Cell]:
    """The names of the columns, in the active language."""
    names: list[Cell] = [_label(name) for name in FIELDS]
    names += [capfirst(_("tags"))]
    names += [f"{_('Consent')}: {label}" for label in ConsentRecord.Purpose.labels]
    names += [definition.text("label") for definition in definitions]
    return names + [_label(name) for name in MOMENTS]


def _label(field: str) -> str:
    return capfirst(str(Member._meta.get_field(field).verbose_name))


class _Rows:
    """What all rows have in common, prepared once."""

    def __init__(self, definitions: Iterable[AttributeDefinition]) -> None:
        self.answers = [(definition.key, _answer(definition)) for definition in definitions]
        self.statuses = {value: str(label) for value, label in Member.Status.choices}
        self.purposes = ConsentRecord.Purpose.values
        self.words = {True: _("Yes"), False: _("No")}
        self.owners: dict[int | None, str] = {None: ""}
        self.zone = timezone.get_current_timezone()

    def of(self, people: list[tuple[Any, ...]]) -> Iterator[list[Cell]]:
        """The rows of some members, with three questions for what belongs to them."""
        ids = [person[0] for person in people]
        self._know_owners({person[len(FIELDS)] for person in people})
        tags, granted = _tags(ids), _granted(ids)
        for pk, *fields, attributes, created, registered, seen in people:
            *names, status, language, owner = fields
            row: list[Cell] = [name or "" for name in names]
            row += [self.statuses.get(status, status), language, self.owners.get(owner, "")]
            row += [", ".join(sorted(tags.get(pk, ())))]
            row += [self.words[(pk, each) in granted] for each in self.purposes]
            row += [show(attributes.get(key)) for key, show in self.answers]
            yield row + [self._moment(moment) for moment in (created, registered, seen)]

    def _know_owners(self, ids: set[int | None]) -> None:
        if unknown := ids - self.owners.keys():
            found = get_user_model()._default_manager.in_bulk(unknown)
            self.owners |= {pk: str(owner) for pk, owner in found.items()}

    def _moment(self, moment: Any) -> str:
        return moment.astimezone(self.zone).isoformat(" ", "minutes")[:16] if moment else ""


def _tags(ids: list[int]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = defaultdict(list)
    tagged = TaggedMember.objects.filter(IsOneOf("content_object", ids))
    for pk, name in tagged.values_list("content_object_id", "tag__name"):
        names[pk].append(name)
    return names


def _granted(ids: list[int]) -> set[tuple[int, str]]:
    """(member, purpose) of what they agreed to."""
    records = ConsentRecord.objects.current().filter(IsOneOf("member", ids), granted=True)
    return set(records.order_by().values_list("member_id", "purpose"))


def _answer(definition: AttributeDefinition) -> Callable[[Any], Cell]:
    """As people read it; days and numbers as spreadsheets, and an import, calculate with them."""
    if definition.type not in (Type.DATE, Type.NUMBER):
        return displayer(definition)
    if definition.type == Type.DATE:
        return lambda value: "" if value is None else str(value)
    return lambda value: value if isinstance(value, int | float) else str(value or "")
