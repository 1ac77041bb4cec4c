"""The filters beside the list of members; ``register_crm_member_filters`` adds to them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from wagtail_crm.registry import Registry

from .accounts import owners
from .choice_filters import RowsFilter, UsersFilter
from .models import AttributeDefinition, ConsentRecord, Member, MemberTag


@dataclass(frozen=True)
class MemberFilter:
    """A filter of the list: the name in the address, and a function that makes it."""

    slug: str
    build: Callable[[], django_filters.Filter]


member_filters: Registry[MemberFilter] = Registry("register_crm_member_filters", MemberFilter)

CONSENTS = {
    "email": _("Agreed to e-mail"),
    "-email": _("Did not agree to e-mail"),
    "profiling": _("Agreed to personal content"),
    "-profiling": _("Did not agree to personal content"),
}


class MemberFilterSet(WagtailFilterSet):
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=Member.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    tag = RowsFilter(
        label=_("Tag"), queryset=MemberTag.objects.order_by("name"), method="filter_tags"
    )
    owner = UsersFilter(
        label=pgettext_lazy("member", "Owner"),
        queryset=lambda request: owners(),
        method="filter_owners",
    )
    language = django_filters.MultipleChoiceFilter(
        label=_("Language"),
        choices=lambda: settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
    )
    consent = django_filters.ChoiceFilter(
        label=_("Consent"),
        choices=list(CONSENTS.items()),
        method="filter_consent",
        empty_label=pgettext_lazy("filter", "All"),
        widget=forms.RadioSelect,
    )
    registered_at = django_filters.DateFromToRangeFilter(
        label=_("Registered on"), widget=DateRangePickerWidget
    )
    last_seen_at = django_filters.DateFromToRangeFilter(
        label=_("Last seen"), widget=DateRangePickerWidget
    )

    class Meta:
        model = Member
        fields: list[str] = []

    def filter_tags(self, members: Any, name: str, tags: Any) -> QuerySet[Member]:
        return members.tagged(tags) if tags else members

    def filter_owners(self, members: Any, name: str, owners: Any) -> QuerySet[Member]:
        return members.filter(owner__in=owners) if owners else members

    def filter_consent(self, members: Any, name: str, answer: str) -> QuerySet[Member]:
        purpose = ConsentRecord.Purpose(answer.removeprefix("-"))
        if answer.startswith("-"):
            return members.not_consented_to(purpose)
        return members.consented_to(purpose)


def member_filterset(definitions: Iterable[AttributeDefinition]) -> type[MemberFilterSet]:
    """The filters of this site: ours, those of its list attributes, and those of other rooms."""
    filters: dict[str, Any] = {
        f"attribute_{definition.key}": _attribute_filter(definition)
        for definition in definitions
        if definition.choice_values
    }
    filters |= {slug: each.build() for slug, each in member_filters.items()}
    return type("SiteMemberFilterSet", (MemberFilterSet,), filters)


def _attribute_filter(definition: AttributeDefinition) -> django_filters.Filter:
    def narrow(members: Any, name: str, values: list[str]) -> QuerySet[Member]:
        return members.with_choice(definition, values) if values else members

    return django_filters.MultipleChoiceFilter(
        label=definition.text("label"),
        choices=definition.choice_pairs,
        method=narrow,
        widget=forms.CheckboxSelectMultiple,
    )
