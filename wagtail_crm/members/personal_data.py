"""What every table that points at a person must declare: export, erasure, retention."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db.models import ForeignKey, Model, QuerySet

from wagtail_crm.registry import Registry

from .models import Member

Erasure = Literal["delete", "keep"] | Callable[[QuerySet[Any]], Any]


@dataclass(frozen=True)
class PersonalData:
    """One table's promise to the people in it (GDPR Art. 15, 17, 5(1)(e); APPI Art. 33, 35).

    ``exported`` are the columns a person gets when they ask for their data. ``erase`` deletes
    the rows, keeps them (say why in ``retention``) or is a function given the person's rows.
    ``rows`` finds them where no foreign key does, by the address for example.
    ``own`` returns what is handed to the person where some of it may be somebody else's.
    """

    model: type[Model]
    exported: tuple[str, ...]
    erase: Erasure
    retention: str
    member_field: str = "member"
    rows: Callable[[Member], QuerySet[Any]] | None = None
    own: Callable[[Member], list[dict[str, Any]]] | None = None

    @property
    def slug(self) -> str:
        return self.model._meta.label_lower

    def rows_of(self, member: Member) -> QuerySet[Any]:
        if self.rows is not None:
            return self.rows(member)
        return self.model._default_manager.filter(**{self.member_field: member.pk})

    def export(self, member: Member) -> list[dict[str, Any]]:
        if self.own is not None:
            return self.own(member)
        return list(self.rows_of(member).order_by("pk").values(*self.exported))

    def erase_rows_of(self, member: Member) -> None:
        rows = self.rows_of(member)
        if callable(self.erase):
            self.erase(rows)
        elif self.erase == "delete":
            rows.delete()


personal_data: Registry[PersonalData] = Registry("register_crm_personal_data", PersonalData)


def export_member(member: Member) -> dict[str, list[dict[str, Any]]]:
    """Everything held on a person, by table."""
    return {slug: declared.export(member) for slug, declared in personal_data.items()}


def check_personal_data(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E010``: a table with a foreign key to Member that declares nothing."""
    return undeclared(apps.get_models(include_auto_created=True))


def undeclared(models: Iterable[type[Model]]) -> list[CheckMessage]:
    """An error for each of the tables that is about people and promises nothing."""
    return [
        Error(
            f"{model._meta.label} points at members but declares no export, erasure and retention.",
            hint="Contribute a PersonalData through the hook 'register_crm_personal_data'.",
            obj=model,
            id="wagtail_crm.E010",
        )
        for model in models
        if points_at_members(model) and model._meta.label_lower not in personal_data
    ]


def points_at_members(model: type[Model]) -> bool:
    """Whether a row of this table is about a person."""
    fields = model._meta.get_fields()
    return any(isinstance(field, ForeignKey) and field.related_model is Member for field in fields)
