"""Where segments are used: pages, mails, other segments, whatever Wagtail's index knows of."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models import CharField, Count, Value
from django.db.models.functions import Cast, Concat
from wagtail.models import ReferenceIndex

from .models import Segment


def uses_of(segments: Iterable[Segment]) -> dict[int, int]:
    """How many pages, mails, segments and other things refer to each; one query for all."""
    found = dict.fromkeys((segment.pk for segment in segments), 0)
    source = Concat(Cast("base_content_type", CharField()), Value(":"), "object_id")
    rows = (
        ReferenceIndex.objects.filter(
            to_content_type=ReferenceIndex._get_base_content_type(Segment),
            to_object_id__in=[str(pk) for pk in found],
        )
        .values("to_object_id")
        .annotate(uses=Count(source, distinct=True))
    )
    return found | {int(row["to_object_id"]): row["uses"] for row in rows}


def uses(segment: Segment) -> int:
    return uses_of([segment])[segment.pk]


@transaction.atomic
def index_references(thing: models.Model, **kwargs: Any) -> None:
    """Note what ``thing`` refers to now, after its segments changed without it being saved."""
    if ReferenceIndex.is_indexed(type(thing)):
        ReferenceIndex.create_or_update_for_object(thing)
