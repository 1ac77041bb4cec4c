"""Merge fields: the closed list of words that mails and pages may put a person's data in for.

Editors write ``{{ name }}``, or ``{{ family_name|お客様 }}`` with what to say when there is
nothing. It is not a template language: a word that is not in the list stays as it is.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.html import escape

from wagtail_crm.registry import Registry

from .attributes import display_value
from .models import AttributeDefinition, Member

PATTERN = re.compile(r"\{\{\s*([a-z][\w.:-]*)\s*(?:\|([^{}]*))?\}\}")


@dataclass(frozen=True)
class Placeholder:
    """A merge field: its word, what an editor reads in the list, and its value for a member.

    ``value`` is called with the member's language active and returns plain text. ``prefetch``
    names the relations it reads, so that many members cost one query each: :func:`prefetched`.
    """

    slug: str
    label: Any
    value: Callable[[Member], str]
    prefetch: tuple[str, ...] = ()


placeholders: Registry[Placeholder] = Registry("register_crm_placeholders", Placeholder)


def available_placeholders() -> dict[str, Placeholder]:
    """Every merge field of the site: contributed ones and ``attributes.<key>``; one query.

    Read it once for a batch of mails and hand it to :func:`fill`.
    """
    found = dict(placeholders.items())
    for definition in AttributeDefinition.objects.all():
        slug = f"attributes.{definition.key}"
        found[slug] = Placeholder(slug, definition.label, partial(_attribute, definition))
    return found


def _attribute(definition: AttributeDefinition, member: Member) -> str:
    return display_value(definition, member.attributes.get(definition.key))


def prefetched(members: QuerySet[Member], fields: Iterable[Placeholder]) -> QuerySet[Member]:
    """``members`` with what these merge fields read of them, fetched for all at once."""
    return members.prefetch_related(*{name for field in fields for name in field.prefetch})


def fill(
    text: str, member: Member | None, known: Mapping[str, Placeholder], *, html: bool = False
) -> str:
    """``text`` with its merge fields replaced; without a member, by what to say instead.

    With ``html`` the members' values are escaped; ``text`` itself is trusted.
    """

    def replacement(match: re.Match[str]) -> str:
        placeholder = known.get(match[1])
        if placeholder is None:
            return match[0]
        value = placeholder.value(member) if member is not None else ""
        if not value:
            return (match[2] or "").strip()
        return escape(value) if html else value

    return PATTERN.sub(replacement, text)


def unknown_words(text: str, known: Mapping[str, Placeholder]) -> list[str]:
    """Words in braces that no merge field answers to, for an error beside the field."""
    return sorted({match[1] for match in PATTERN.finditer(text)} - set(known))
