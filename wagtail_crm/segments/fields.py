"""A model's field that names segments."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models


class SegmentsField(models.ManyToManyField):
    """Several segments, which then know that they are used here; see ``usage``.

    Wagtail's reference index reads no plain many-to-many field. It reads this one when the
    object is saved; whoever changes the segments alone calls ``usage.index_references``.
    """

    def extract_references(self, value: Iterable[Any]) -> Iterator[tuple[Any, str, str, str]]:
        for segment in value:
            yield self.related_model, str(segment.pk), "item", str(segment.pk)

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ManyToManyField", args, kwargs
