"""Files of clicks: each line becomes an event of the kind its mapping gives it."""

import uuid
from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from wagtail_crm.members.importing.binding import Values
from wagtail_crm.members.importing.outcome import Outcome
from wagtail_crm.members.importing.refusals import Refused
from wagtail_crm.tracking.kinds import event_kinds

from .facts import Fact, FactImporter
from .pages import Pages, path_of

# A browser of the file is the same visitor in every import.
VISITORS = uuid.uuid5(uuid.NAMESPACE_URL, "wagtail-crm/import/visitor")


class EventImporter(FactImporter):
    """A line with a known kind and somebody who did it becomes an event.

    ``url`` (or a path) becomes the page that is published there; where there is none, the path is
    kept in ``data``. Who has no code and no address may be known by their ``visitor``.
    """

    fields: Mapping[str, str] = {
        **FactImporter.fields,
        "kind": "text",
        "visitor": "text",
        "url": "text",
        "subject": "text",
        "sku": "text",
        "amount": "number",
        "id": "text",
    }
    needed = (("at",), ("code", "email", "visitor"), ("kind",))
    source = "events"

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._pages = Pages()

    def read(self, line: int, values: Values) -> Fact:
        kind = values.get("kind", "")
        if kind not in event_kinds:
            reason = _("Not a kind of event; the mapping can translate it")
            raise Refused(reason, field="kind", value=kind)
        customer = self.customer(values)
        visitor = values.get("visitor", "")
        if not any(customer) and not visitor:
            raise Refused(_("Nobody is named who did it"), field=self._who())
        path = path_of(values.get("url", ""))
        subject = f"sku:{values['sku']}" if "sku" in values else values.get("subject", "")
        data = self.data(values)
        return Fact(
            line=line,
            kind=kind,
            at=self.moment(values),
            key=(values["id"],) if "id" in values else (kind, *customer, visitor, path, subject),
            customer=customer,
            visitor_id=self._visitor(visitor) if not any(customer) else None,
            path=path,
            subject=self._subject(subject),
            value=self._value(values["amount"]) if "amount" in values else None,
            data=data | {"path": path} if path else data,
        )

    def _who(self) -> str:
        return next(name for name in ("code", "email", "visitor") if name in self._columns)

    def _visitor(self, name: str) -> uuid.UUID:
        return uuid.uuid5(VISITORS, f"{self._source}\x1f{name}")

    def write(self, items: list[Fact], outcome: Outcome) -> None:
        self._pages.look_up({fact.path for fact in items if fact.path})
        super().write([self._on_page(fact) for fact in items], outcome)

    def _on_page(self, fact: Fact) -> Fact:
        found = self._pages.get(fact.path)
        if not found:
            return fact
        data = {name: value for name, value in fact.data.items() if name != "path"}
        return replace(fact, page_id=found.page_id, site_id=found.site_id, data=data)
