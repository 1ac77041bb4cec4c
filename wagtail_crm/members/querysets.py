"""Reads of people and their consent, in words."""

import datetime
import json
import re
from collections.abc import Iterable
from hashlib import md5
from typing import TYPE_CHECKING, Any, Self

from django.db import connections, models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.db.models.expressions import RawSQL

from .names import email_key, folded, pieces, spellings
from .sql import HAS_WORD, LONG, WITH_CHOICES, WITH_WORDS

if TYPE_CHECKING:
    from .models import (  # noqa: F401  # names in the annotations below
        AttributeDefinition,
        ConsentRecord,
        Member,
        MemberTag,
    )


class MemberQuerySet(models.QuerySet["Member"]):
    def registered(self) -> Self:
        return self.filter(status=self.model.Status.REGISTERED)

    def prospects(self) -> Self:
        return self.filter(status=self.model.Status.PROSPECT)

    def withdrawn(self) -> Self:
        return self.filter(status=self.model.Status.WITHDRAWN)

    def present(self) -> Self:
        """Everybody who has not left."""
        return self.exclude(status=self.model.Status.WITHDRAWN)

    def of_user(self, user: Any) -> Self:
        """The member, if any, whose account it is."""
        return self.filter(user=user)

    def active_since(self, moment: datetime.datetime) -> Self:
        return self.filter(last_seen_at__gte=moment)

    def with_email(self, address: str) -> Self:
        """The member who has this mailbox, however it is spelt."""
        key = email_key(address)
        return self.filter(email_key=key) if key else self.none()

    def reachable_by_email(self) -> Self:
        return self.filter(email_key__isnull=False)

    def consented_to(self, purpose: str) -> Self:
        """Those whose newest answer for ``purpose`` is yes."""
        return self.filter(self._consent(purpose))

    def not_consented_to(self, purpose: str) -> Self:
        """Those who said no, or were never asked."""
        return self.filter(~self._consent(purpose))

    def with_consents(self) -> Self:
        """With ``agrees_to_<purpose>``, whether the answer in force is yes, for each purpose."""
        purposes = self.model._meta.get_field("consent_records").related_model.Purpose.values
        return self.annotate(
            **{f"agrees_to_{purpose}": self._consent(purpose) for purpose in purposes}
        )

    def _consent(self, purpose: str) -> Exists:
        records = self.model._meta.get_field("consent_records").related_model
        return Exists(records.objects.agreeing_to(purpose).filter(member=OuterRef("pk")))

    def tagged(self, tags: "Iterable[MemberTag]") -> Self:
        """Those with at least one of the tags, each once."""
        tagged = self.model._meta.get_field("tagged_items").related_model.objects
        return self.filter(pk__in=tagged.filter(tag__in=tags).values("content_object"))

    def with_choice(self, definition: "AttributeDefinition", values: Iterable[str]) -> Self:
        """Those who chose at least one of ``values`` in a list attribute."""
        if connections[self.db].vendor == "postgresql":
            return self.filter(pk__in=_with_choices(definition.key, values))
        column = f"attributes__{definition.key}"
        condition = Q(**{f"{column}__in": list(values)})
        for value in values:  # a JSON list is text here, written with escapes
            condition |= Q(**{f"{column}__icontains": json.dumps(value)})
        return self.filter(condition)

    def with_admin_details(self) -> Self:
        """With what each row of the admin list shows: tags and owner, in two queries."""
        tagged = self.model._meta.get_field("tagged_items").related_model.objects
        tags = Prefetch("tagged_items", tagged.select_related("tag"))
        return self.select_related("owner").prefetch_related(tags)

    def named(self, text: str) -> Self:
        """Those whose name, reading, address or code contains every word of ``text``.

        In either kana and either width: ``ﾀﾅｶ`` finds ``たなか``.
        """
        text = text.replace("\0", "")
        if connections[self.db].vendor == "postgresql":
            words = folded(text).split()
            return self.filter(pk__in=_with_words(words)) if words else self
        condition = Q()
        for word in text.split():
            either = Q()
            for spelling in spellings(word):
                either |= Q(search_text__contains=spelling)
            condition &= either
        return self.filter(condition)


def _with_words(words: Iterable[str]) -> RawSQL:
    """The ids of members with all of these folded words, by an index of pairs of characters."""
    asked = [part for word in words for part in (f"%{_escaped(word)}%", pieces(word))]
    conditions = " AND ".join([HAS_WORD] * (len(asked) // 2))
    return RawSQL(WITH_WORDS.format(conditions=conditions), asked)  # noqa: S611  # all bound


def _with_choices(key: str, values: Iterable[str]) -> RawSQL:
    """The ids of members who chose one of these in a list attribute."""
    asked = [f"{key}={value if len(value) <= LONG else _digest(value)}" for value in values]
    return RawSQL(WITH_CHOICES, [asked])  # noqa: S611  # all bound


def _digest(value: str) -> str:
    return md5(value.encode(), usedforsecurity=False).hexdigest()


def _escaped(word: str) -> str:
    """A word as LIKE takes it literally."""
    return re.sub(r"([\\%_])", r"\\\1", word)


class ConsentRecordQuerySet(models.QuerySet["ConsentRecord"]):
    def current(self) -> Self:
        """The answers in force: the newest of each member and purpose."""
        return self.filter(is_current=True)

    def answering(self, purpose: str) -> Self:
        """The answers in force about ``purpose``, yes or no."""
        return self.current().filter(purpose=purpose)

    def agreeing_to(self, purpose: str) -> Self:
        """The answers in force that say yes to ``purpose``."""
        return self.answering(purpose).filter(granted=True)


class AttributeDefinitionQuerySet(models.QuerySet["AttributeDefinition"]):
    def asked_when_registering(self) -> Self:
        return self.filter(place=self.model.Place.REGISTRATION)

    def asked_of_members(self) -> Self:
        """What members see and change themselves; the rest is for staff."""
        return self.exclude(place=self.model.Place.STAFF)
