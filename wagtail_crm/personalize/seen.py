"""Pages that one visitor saw lately, and pages that many see."""

from collections.abc import Callable, Sequence
from typing import Any

import swapper
from django.apps import apps
from django.core.cache import caches
from django.db.models import Max
from django.http import HttpRequest
from wagtail.models import Site

from wagtail_crm.conf import crm_settings
from wagtail_crm.tracking.access import closed_paths
from wagtail_crm.tracking.context import Crm
from wagtail_crm.tracking.models import DailyTotal, Event

PAGE_VIEW = "page_view"
# Ids kept beyond those asked for: some pages will have been unpublished or are not for this eye.
SPARE = 20
# Seconds: what one visitor saw changes while they read; what everybody sees changes slowly.
RECENT_FOR = 30
POPULAR_FOR = 600


def recently_viewed(request: HttpRequest, number: int, page: Any = None, type: str = "") -> list:
    """The last pages this visitor saw and may still see, newest first, without ``page`` itself.

    For members, and for browsers that agreed to be remembered; an empty list for others.
    """
    crm: Crm | None = getattr(request, "crm", None)
    if crm is None:
        return []
    crm.mark_personal()
    if not (crm.member_id or crm.visitor_id):
        return []
    crm.is_private = True
    who = crm.member_id or crm.visitor_id
    key = f"crm:recent:{who}:{type}"
    ids = _cached(key, RECENT_FOR, lambda: _of_type(_seen_by(crm), type)[: number + SPARE])
    return _pages(request, ids, number, page)


def _seen_by(crm: Crm) -> list[int]:
    views = Event.objects.of_kinds(PAGE_VIEW).exclude(page=0)
    own = (
        views.filter(member=crm.member_id).certain()
        if crm.member_id
        else views.filter(member=0, visitor=crm.visitor_id)
    )
    latest = own.values("page").annotate(last=Max("at")).order_by("-last")
    return list(latest.values_list("page", flat=True)[:200])


def popular_pages(
    request: HttpRequest, number: int, days: int = 7, page: Any = None, type: str = ""
) -> list:
    """The most seen pages of this site in the last days, without ``page`` itself."""
    site = Site.find_for_request(request)
    if site is None:
        return []
    key = f"crm:popular:{site.pk}:{days}:{type}"
    ids = _cached(key, POPULAR_FOR, lambda: _popular(site, days, type)[: number + SPARE])
    return _pages(request, ids, number, page)


def _popular(site: Site, days: int, type: str) -> list[int]:
    views = DailyTotal.objects.of_kinds(PAGE_VIEW).in_last_days(days)
    pages = views.below(site.root_page.path).per_page()
    return _of_type(list(pages.values_list("page", flat=True)[:1000]), type)


def _of_type(ids: Sequence[int], type: str) -> list[int]:
    if not type:
        return list(ids)
    kept = set(
        apps.get_model(type)._default_manager.filter(pk__in=ids).values_list("pk", flat=True)
    )
    return [page_id for page_id in ids if page_id in kept]


def _cached(key: str, seconds: int, read: Callable[[], list[int]]) -> list[int]:
    ids: Any = caches[crm_settings.cache_alias].get_or_set(key, read, seconds)
    return ids


def _pages(request: HttpRequest, ids: Sequence[int], number: int, but: Any) -> list:
    """Live pages of the ids, in their order, that this visitor may see."""
    wanted = [page_id for page_id in ids if but is None or page_id != but.pk]
    pages = swapper.load_model("wagtailcore", "Page").objects.live()
    found = pages.filter(pk__in=wanted).specific().in_bulk() if wanted else {}
    closed = closed_paths(request) if found else ()
    ordered = (found[page_id] for page_id in wanted if page_id in found)
    seen = [page for page in ordered if not page.path.startswith(closed)]
    return seen[:number]
