"""The change an import makes: many people at once, in a few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from wagtail_crm.members.actions import announce_change
from wagtail_crm.members.models import Member
from wagtail_crm.members.names import email_key

from .outcome import Fate
from .refusals import Refused
from .rows import Row, new_row, read_rows, write_rows

# What decides about segments from the moment somebody enters the list.
OF_A_NEW_MEMBER = frozenset({"status", "email", "language", "created_at"})


@dataclass(frozen=True, slots=True)
class Person:
    """What a line says about somebody: only fields and attributes that have a value.

    ``code`` or ``email`` is among the fields: that is how they are recognised.
    """

    line: int
    fields: Mapping[str, Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def save_people(*, people: Sequence[Person]) -> list[Fate | Refused]:
    """Add people to the list or bring them up to date; one answer for each, in order.

    Somebody is recognised by code, else by e-mail address. An import is one announcement
    (``member_changed`` with everything that is new): nobody is welcomed by ``member_created``.
    """
    known = _Known(people)
    answers = [known.take(person) for person in people]
    saved = write_rows(known.new, list(known.changed.values()), known.moved)
    announce_change(member_ids=saved, fields=known.touched)
    return answers


class _Known:
    """The members a batch speaks of, locked, with what the batch changes in them."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.new: list[Row] = []
        self.changed: dict[int, Row] = {}
        # Whose code or address changed: somebody else of the batch may have it now.
        self.moved: set[int] = set()
        self.touched: set[str] = set()
        self._by_code: dict[str | None, Row] = {}
        self._by_email: dict[str | None, Row] = {}
        codes = {person.fields["code"] for person in people if "code" in person.fields}
        keys = {email_key(person.fields["email"]) for person in people if "email" in person.fields}
        for row in read_rows(codes, keys - {None}):
            self._register(row)

    def _register(self, row: Row) -> None:
        if row["code"]:
            self._by_code[row["code"]] = row
        if row["email_key"]:
            self._by_email[row["email_key"]] = row

    def take(self, person: Person) -> Fate | Refused:
        try:
            row = self._find(person)
        except Refused as refused:
            return refused
        if row is None:
            row = new_row()
            self._assign(row, person)
            self.new.append(row)
            self.touched |= OF_A_NEW_MEMBER
            return "new"
        if not self._assign(row, person):
            return "same"
        if row["id"]:
            self.changed[row["id"]] = row
        return "changed"

    def _find(self, person: Person) -> Row | None:
        """Raises ``Refused`` where code and address do not point at one present person."""
        code, email = person.fields.get("code"), person.fields.get("email", "")
        by_code = self._by_code.get(code) if code else None
        by_email = self._by_email.get(email_key(email)) if email else None
        row = by_code or by_email
        has_other_code = by_email and code and by_email["code"] not in (None, code)
        if by_email and (by_email is not row or has_other_code):
            reason = _("Somebody else in the list has this e-mail address")
            raise Refused(reason, field="email", value=email)
        if row and row["status"] == Member.Status.WITHDRAWN:
            raise Refused(_("This person has left"), field="code" if by_code else "email")
        if row and email and row["user_id"] and email_key(email) != row["email_key"]:
            reason = _("This member has an account and changes the address there")
            raise Refused(reason, field="email", value=email)
        return row

    def _assign(self, row: Row, person: Person) -> bool:
        touched = {name for name, value in person.fields.items() if row[name] != value}
        if row["user_id"]:
            touched.discard("email")
        self._forget(row, touched)
        row.update({name: person.fields[name] for name in touched})
        if "email" in touched:
            row["email_key"] = email_key(row["email"])
        self._register(row)
        attributes = row["attributes"]
        touched |= {
            f"attributes.{key}"
            for key, value in person.attributes.items()
            if attributes.get(key) != value
        }
        row["attributes"] = {**attributes, **person.attributes}
        self.touched |= touched
        return bool(touched)

    def _forget(self, row: Row, touched: set[str]) -> None:
        if row["id"] and touched & {"code", "email"}:
            self.moved.add(row["id"])
        if "code" in touched:
            self._by_code.pop(row["code"], None)
        if "email" in touched:
            self._by_email.pop(row["email_key"], None)
