"""Which page is published at a path, as far as it can be known without a request."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import swapper
from django.conf import settings
from django.utils.translation import gettext as _
from wagtail.models import Site

from wagtail_crm.members.importing.refusals import Refused


class PageAt(NamedTuple):
    page_id: int
    site_id: int


def path_of(url: str) -> str:
    """The path of an address; its query may hold what nobody should keep, so it goes."""
    try:
        return unquote(urlsplit(url.strip()).path)
    except ValueError:
        raise Refused(_("Not an address of a page"), field="url", value=url) from None


class Pages:
    """Live pages of the default site by path, remembered for the whole file."""

    def __init__(self) -> None:
        self._site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
        self._found: dict[str, PageAt] = {}
        self._asked: set[str] = set()

    def look_up(self, paths: Iterable[str]) -> None:
        """Find all that a batch needs in one query."""
        wanted = set(paths) - self._asked
        self._asked |= wanted
        if self._site is None or not wanted:
            return
        root = self._site.root_page.url_path
        url_paths = {path: root + _below_root(path) for path in wanted}
        pages = swapper.load_model("wagtailcore", "Page").objects.live()
        there = pages.filter(url_path__in=set(url_paths.values()))
        ids = dict(there.values_list("url_path", "pk"))
        self._found |= {
            path: PageAt(ids[url_path], self._site.pk)
            for path, url_path in url_paths.items()
            if url_path in ids
        }

    def get(self, path: str) -> PageAt | None:
        return self._found.get(path)


def _below_root(path: str) -> str:
    """The path as pages spell it: without a language prefix, with a slash at the end."""
    parts = [part for part in path.split("/") if part]
    if parts and parts[0] in dict(settings.LANGUAGES):
        del parts[0]
    return "/".join([*parts, ""])
