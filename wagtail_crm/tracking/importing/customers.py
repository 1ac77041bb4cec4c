"""Whose order or click it was: members found, or added, by their code or address."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from wagtail_crm.members.importing.actions import Person, save_people
from wagtail_crm.members.importing.outcome import Outcome
from wagtail_crm.members.importing.refusals import Refused
from wagtail_crm.members.models import Member
from wagtail_crm.members.names import email_key


class Customer(NamedTuple):
    """How a line names somebody; code before address where it has both."""

    code: str = ""
    email: str = ""

    @property
    def field(self) -> str:
        return "code" if self.code else "email"


class Customers:
    """Members by how the lines name them, remembered for the whole file.

    With ``add``, customers the list does not know become prospects; otherwise their lines are
    refused.
    """

    def __init__(self, *, add: bool) -> None:
        self._add = add
        self._found: dict[Customer, Member] = {}
        self._refused: dict[Customer, Refused] = {}

    def look_up(self, customers: Iterable[Customer], outcome: Outcome) -> None:
        """Find, and add, all that a batch needs at once."""
        wanted = set(customers) - set(self._found)
        self._find(wanted)
        unknown = sorted(wanted - set(self._found))
        if self._add and unknown:
            answers = save_people(people=[Person(0, _fields(customer)) for customer in unknown])
            outcome.members_added += answers.count("new")
            for customer, answer in zip(unknown, answers, strict=True):
                if isinstance(answer, Refused):
                    self._refused[customer] = answer
            self._find(unknown)

    def _find(self, customers: Iterable[Customer]) -> None:
        keys = {customer: email_key(customer.email) for customer in customers}
        members = Member.objects.only("pk", "code", "email_key", "status")
        by_code = members.in_bulk([each.code for each in keys if each.code], field_name="code")
        by_key = members.in_bulk([key for key in keys.values() if key], field_name="email_key")
        for customer, key in keys.items():
            member = by_code.get(customer.code) or (None if customer.code else by_key.get(key))
            if member:
                self._found[customer] = member

    def member_id(self, customer: Customer) -> int:
        """Raises ``Refused`` for somebody who is not in the list, or not any more."""
        if customer in self._refused:
            raise self._refused[customer]
        member = self._found.get(customer)
        value = customer.code or customer.email
        if member is None:
            raise Refused(_("Nobody in the list has it"), field=customer.field, value=value)
        if member.status == Member.Status.WITHDRAWN:
            raise Refused(_("This person has left"), field=customer.field, value=value)
        return member.pk


def _fields(customer: Customer) -> dict[str, Any]:
    return {name: value for name, value in customer._asdict().items() if value}
