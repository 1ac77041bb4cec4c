"""What rules may ask of pages, read for many of them at once."""

from collections.abc import Collection

import swapper

from wagtail_crm.tracking.events import NO_PAGE

from .rules.expressions import IsOneOf
from .rules.page_tags import tags_of_pages
from .rules.person import PageFacts


def facts_of_pages(page_ids: Collection[int], *, with_tags: bool = True) -> dict[int, PageFacts]:
    """By id; those that exist. One query, and one for each model that puts tags on pages."""
    wanted = sorted(set(page_ids) - {NO_PAGE})
    if not wanted:
        return {}
    tags = tags_of_pages(wanted) if with_tags else {}
    pages = swapper.load_model("wagtailcore", "Page").objects.filter(IsOneOf("pk", wanted))
    rows = pages.order_by().values_list("pk", "path", "content_type_id", "locale__language_code")
    return {
        pk: PageFacts(path, type_id, language, frozenset(tags.get(pk, ())))
        for pk, path, type_id, language in rows
    }
