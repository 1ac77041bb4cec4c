"""What rules may ask of pages, read for many of them at once."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import swapper

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.tracking.events import NO_PAGE

from .rules.page_tags import tags_of_pages
from .rules.person import PageFacts
from .rules.places import is_below


def facts_of_pages(page_ids: Collection[int], *, with_tags: bool = True) -> dict[int, PageFacts]:
    """By id; those that exist. One query, and one for each model that puts tags on pages."""
    wanted = sorted(set(page_ids) - {NO_PAGE})
    if not wanted:
        return {}
    tags = tags_of_pages(wanted) if with_tags else {}
    return _facts(_pages().filter(IsOneOf("pk", wanted)), tags)


def facts_below(page_ids: Collection[int], *, at_most: int) -> dict[int, PageFacts]:
    """Of these pages and all below them, but of no more than so many; without their tags."""
    return _facts(_pages().filter(is_below(page_ids))[:at_most], {}) if page_ids else {}


def _pages() -> Any:
    return swapper.load_model("wagtailcore", "Page").objects.order_by()


def _facts(pages: Any, tags: Mapping[int, Iterable[str]]) -> dict[int, PageFacts]:
    rows = pages.values_list("pk", "path", "content_type_id", "locale__language_code")
    return {
        pk: PageFacts(path, type_id, language, frozenset(tags.get(pk, ())))
        for pk, path, type_id, language in rows
    }
