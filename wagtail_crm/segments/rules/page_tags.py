"""The tags of pages, whatever models a site keeps them in."""

import functools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import swapper
from django.apps import apps
from django.db.models import Model, Q
from taggit.models import ItemBase

from .expressions import IsOneOf


@functools.cache
def page_tag_models() -> tuple[type[Model], ...]:
    """The models that put tags on pages: those of ``ClusterTaggableManager``.

    Tags that taggit keeps in its one table for everything are not among them.
    """
    page = swapper.load_model("wagtailcore", "Page")
    return tuple(
        model
        for model in apps.get_models()
        if issubclass(model, ItemBase)
        and (tagged := _tagged_model(model)) is not None
        and issubclass(tagged, page)
    )


def _tagged_model(model: Any) -> "type[Model] | None":
    fields = {field.name: field for field in model._meta.get_fields()}
    field = fields.get("content_object")
    related = getattr(field, "related_model", None)
    return related if isinstance(related, type) else None


def has_tag(name: str) -> Q:
    """Pages with a tag of this name, as a condition on pages."""
    found = Q(pk__in=())
    for model in page_tag_models():
        rows: Any = model._default_manager.filter(tag__name=name)
        found |= Q(pk__in=rows.values("content_object"))
    return found


def tags_of_pages(page_ids: Sequence[int]) -> dict[int, set[str]]:
    """Names of the tags of these pages."""
    tags: dict[int, set[str]] = defaultdict(set)
    for model in page_tag_models():
        rows: Any = model._default_manager.filter(IsOneOf("content_object", page_ids))
        for page_id, name in rows.order_by().values_list("content_object_id", "tag__name"):
            tags[page_id].add(name)
    return tags


def names_of_page_tags() -> list[str]:
    """Every tag that is on a page, by name."""
    names: set[str] = set()
    for model in page_tag_models():
        rows: Any = model._default_manager.order_by()
        names.update(rows.values_list("tag__name", flat=True).distinct())
    return sorted(names)
