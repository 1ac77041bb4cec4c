"""What orders and clicks have in common: they become events, once however often imported."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from wagtail_crm.members.importing import values as reads
from wagtail_crm.members.importing.binding import Values
from wagtail_crm.members.importing.loading import Importer
from wagtail_crm.members.importing.mapping import ImportMapping
from wagtail_crm.members.importing.outcome import Outcome
from wagtail_crm.members.importing.refusals import ImportProblem, Refused
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NO_PAGE, NOBODY, NewEvent, event_id_for
from wagtail_crm.tracking.models import Event

from .customers import Customer, Customers

DATA = "data."
SUBJECT_LENGTH = Event._meta.get_field("subject").max_length or 0
ADD, MATCH = "add", "match"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line that is understood. ``key`` names the fact within its source."""

    line: int
    kind: str
    at: datetime.datetime
    key: tuple[object, ...]
    customer: Customer = Customer()
    visitor_id: UUID | None = None
    path: str = ""
    page_id: int = NO_PAGE
    site_id: int | None = None
    subject: str = ""
    value: Decimal | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class FactImporter(Importer):
    """Writes events.

    An event's id follows from its moment, the mapping's ``source``, its key, and how many lines
    of the file had this key before: two equal lines are two events, two imports are not.
    """

    fields: Mapping[str, str] = {"at": "datetime", "code": "text", "email": "text"}
    # What the mapping must fill, one of each group.
    needed: Sequence[tuple[str, ...]] = (("at",), ("code", "email"))
    source = ""

    def __init__(self, mapping: ImportMapping) -> None:
        self._require(mapping)
        self._columns = mapping.column_of
        self._source = mapping.source or self.source
        self._customers = Customers(add=_adds_customers(mapping))
        self._seen: Counter[UUID] = Counter()
        self._data = {
            name: name.removeprefix(DATA) for name in mapping.fields if name.startswith(DATA)
        }
        self.conversions = {**self.fields, **dict.fromkeys(self._data, "text")}
        self._at = reads.past_moment("at")
        self._email = reads.email("email")
        self._code = reads.short_text("code", Member._meta.get_field("code").max_length or 0)
        self._subject = reads.short_text("sku", SUBJECT_LENGTH)
        self._value = reads.number("amount" if "amount" in mapping.fields else "price")

    def _require(self, mapping: ImportMapping) -> None:
        for group in self.needed:
            if not any(name in mapping.fields for name in group):
                raise ImportProblem(
                    _("The mapping must say which column is %(field)s.")
                    % {"field": pgettext("import", " or ").join(f"'{name}'" for name in group)}
                )

    def moment(self, values: Values) -> datetime.datetime:
        if "at" not in values:
            raise Refused(pgettext("import", "No date"), field="at")
        return self._at(values["at"])

    def customer(self, values: Values) -> Customer:
        code, email = values.get("code", ""), values.get("email", "")
        return Customer(self._code(code), self._email(email) if email else "")

    def data(self, values: Values) -> dict[str, Any]:
        found = {key: values[name] for name, key in self._data.items() if name in values}
        return found | {"import": self._source}

    def write(self, items: list[Fact], outcome: Outcome) -> None:
        named = [fact.customer for fact in items if any(fact.customer)]
        self._customers.look_up(named, outcome)
        events = []
        for fact in items:
            try:
                events.append(self._event(fact))
            except Refused as refused:
                outcome.refuse(refused.at(fact.line, self._columns))
        fresh = len(record_events(events=events)) if events else 0
        outcome.count("new", fresh)
        outcome.count("same", len(events) - fresh)

    def _event(self, fact: Fact) -> NewEvent:
        member_id = self._customers.member_id(fact.customer) if any(fact.customer) else NOBODY
        return NewEvent(
            kind=fact.kind,
            id=self._id(fact),
            at=fact.at,
            member_id=member_id,
            visitor_id=fact.visitor_id,
            page_id=fact.page_id,
            site_id=fact.site_id,
            subject=fact.subject,
            value=fact.value,
            data=dict(fact.data),
        )

    def _id(self, fact: Fact) -> UUID:
        name = event_id_for(fact.at, "import", self._source, *fact.key)
        before = self._seen[name]
        self._seen[name] += 1
        return event_id_for(fact.at, name, before) if before else name


def _adds_customers(mapping: ImportMapping) -> bool:
    if mapping.customers not in ("", ADD, MATCH):
        raise ImportProblem(_("'customers' in the mapping is 'add' or 'match'."))
    return mapping.customers != MATCH
