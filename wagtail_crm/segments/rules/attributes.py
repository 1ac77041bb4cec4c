"""Rules about the fields a site defines."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from wagtail_crm.members.models import AttributeDefinition

from .base import Dependencies, Rule, Scope


@dataclass(frozen=True)
class AttributeIs(Rule):
    """A site-defined field equals one of some values; "is not" also holds where it is unset."""

    key: str
    values: tuple[Any, ...]
    negated: bool = False

    def condition(self, scope: Scope) -> Q:
        # has_key first: a comparison with a missing key is NULL, and NULL cannot be negated.
        equal = Q(attributes__has_key=self.key) & Q(**{f"attributes__{self.key}__in": self.values})
        return ~equal if self.negated else equal

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({f"attributes.{self.key}"}))

    def sentence(self) -> str:
        definition = AttributeDefinition.objects.filter(key=self.key).first()
        words = {
            "attribute": str(definition or self.key).lower(),
            "values": gettext(" or ").join(map(str, self.values)),
        }
        if self.negated:
            return gettext("whose %(attribute)s is not %(values)s") % words
        return gettext("whose %(attribute)s is %(values)s") % words
