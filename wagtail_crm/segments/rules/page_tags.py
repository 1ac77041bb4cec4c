"""The tags of pages, whatever models a site keeps them in."""

import functools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import swapper
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import IntegerField, Model, Q, QuerySet
from taggit.models import CommonGenericTaggedItemBase, ItemBase
from wagtail.models import get_page_models

from wagtail_crm.expressions import IsOneOf

from .reading import offered


class TagRows(NamedTuple):
    """Rows that put a tag on a page, and the column that says on which."""

    rows: Any
    page: str


def _tag_rows() -> Iterator[TagRows]:
    """Of ``ClusterTaggableManager`` and its like, and of tables for tags of whatever there is."""
    for model in _page_tag_models():
        yield TagRows(model._default_manager.order_by(), "content_object")
    pages = ContentType.objects.get_for_models(*get_page_models()).values()
    for model in _tag_models_of_anything():
        rows = model._default_manager.order_by()
        yield TagRows(rows.filter(content_type__in=[each.pk for each in pages]), "object_id")


@functools.cache
def _page_tag_models() -> tuple[Any, ...]:
    """The models that put tags on pages and nothing else: those with a key to a page."""
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


@functools.cache
def _tag_models_of_anything() -> tuple[Any, ...]:
    """Those like ``taggit.TaggedItem``, which ``TaggableManager`` uses; pages have numbers."""
    return tuple(
        model
        for model in apps.get_models()
        if issubclass(model, CommonGenericTaggedItemBase)
        and isinstance(model._meta.get_field("object_id"), IntegerField)
    )


def models_of_tags() -> tuple[Any, ...]:
    """The models that put tags on pages, and perhaps on other things."""
    return (*_page_tag_models(), *_tag_models_of_anything())


def page_of(row: Any) -> int | None:
    """The page that such a row puts a tag on."""
    if isinstance(row, _page_tag_models()):
        page_id: int = row.content_object_id
        return page_id
    model = row.content_type.model_class()
    is_page = model and issubclass(model, swapper.load_model("wagtailcore", "Page"))
    return row.object_id if is_page else None


def has_tag(name: str) -> Q:
    """Pages with a tag of this name, as a condition on pages."""
    found = Q(pk__in=())
    for rows, page in _tag_rows():
        found |= Q(pk__in=rows.filter(tag__name=name).values(page))
    return found


def tags_of_pages(page_ids: Sequence[int]) -> dict[int, set[str]]:
    """Names of the tags of these pages."""
    tags: dict[int, set[str]] = defaultdict(set)
    for rows, page in _tag_rows():
        found = rows.filter(IsOneOf(page, page_ids))
        for page_id, name in found.values_list(page, "tag__name"):
            tags[page_id].add(name)
    return tags


def tags_on_pages() -> list[QuerySet[Any]]:
    """Every tag that is on a page; one query for each model that puts tags on pages."""
    return [
        rows.model.tag_model()._default_manager.filter(pk__in=rows.values("tag"))
        for rows, _page in _tag_rows()
    ]


def names_of_page_tags() -> list[str]:
    """Every tag that is on a page, by name."""
    return sorted({name for _model, name in offered("page_tags")})
