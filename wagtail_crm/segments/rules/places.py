"""Where something was done: some pages, all below them, and what pages have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import swapper
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext, ngettext, pgettext

from .expressions import IsAmong
from .languages import language_name
from .page_tags import has_tag
from .person import PageFacts, PageTree
from .words import listed

# Above every path of a page below: treebeard numbers children with digits and capital letters.
LAST_STEP = "ZZZZ"


@dataclass(frozen=True)
class NamedPage:
    """A page that a rule names, or a type of pages; the title is for the sentence."""

    pk: int
    title: str = ""


@dataclass(frozen=True)
class Place:
    """Pages: those named, with ``below`` all under them too, of a type, with a tag, in a language.

    Each of these narrows it further. The tree and the tags are those of when the rule is asked.
    ``language`` is the code of the pages' locale.
    """

    pages: tuple[NamedPage, ...] = ()
    below: bool = False
    type: NamedPage | None = None
    tag: str = ""
    language: str = ""

    def __bool__(self) -> bool:
        return bool(self.pages) or self._asks_for_more

    @property
    def _asks_for_more(self) -> bool:
        return bool(self.type or self.tag or self.language)

    @property
    def named(self) -> tuple[int, ...]:
        return tuple(page.pk for page in self.pages)

    @property
    def tops(self) -> frozenset[int]:
        """The pages whose place in the tree matters."""
        return frozenset(self.named) if self.below or self._asks_for_more else frozenset()

    @property
    def reads(self) -> frozenset[str]:
        """What else of pages it looks at."""
        asked = {"type": self.type and self.type.pk, "tag": self.tag, "language": self.language}
        return frozenset(f"{name}.{wanted}" for name, wanted in asked.items() if wanted)

    def condition(self) -> Q | IsAmong:
        """What happened there, as a condition on totals or events."""
        if not (self.below or self._asks_for_more):
            return Q(page__in=self.named)
        pages = swapper.load_model("wagtailcore", "Page").objects.order_by()
        if self.pages:
            pages = pages.filter(is_below(self.named) if self.below else Q(pk__in=self.named))
        if self.type is not None:
            pages = pages.filter(content_type=self.type.pk)
        if self.language:
            pages = pages.filter(locale__language_code=self.language)
        if self.tag:
            pages = pages.filter(has_tag(self.tag))
        return IsAmong("page", pages.values("pk"))

    def among(self, tree: PageTree) -> "frozenset[int] | tuple[int, ...]":
        """The pages that are meant, among those of a batch."""
        if not self._asks_for_more:
            return tree.below(self.named) if self.below else self.named
        wanted = tree.where(self._narrowed_by, self._is_meant)
        if not self.pages:
            return wanted
        return wanted & (tree.below(self.named) if self.below else frozenset(self.named))

    @property
    def _narrowed_by(self) -> tuple[Any, ...]:
        return "meant", self.type and self.type.pk, self.tag, self.language

    def _is_meant(self, page: PageFacts) -> bool:
        return (
            (self.type is None or page.type_id == self.type.pk)
            and (not self.language or page.language == self.language)
            and (not self.tag or self.tag in page.tags)
        )

    def words(self) -> str:
        """The pages by their titles; "" when none is named."""
        return pages_in_words(self.pages, self.below) if self.pages else ""

    def details(self) -> list[str]:
        """What else is asked of the pages: "tagged “bread”"."""
        details = []
        if self.type is not None:
            details.append(gettext("page type “%(type)s”") % {"type": self.type.title})
        if self.tag:
            details.append(gettext("tagged “%(tag)s”") % {"tag": self.tag})
        if self.language:
            details.append(
                gettext("in %(language)s")
                % {"language": language_name(self.language, self.language)}
            )
        return details


ANYWHERE = Place()


def is_below(page_ids: Iterable[int]) -> Q:
    """A condition on pages: being one of these or below one."""
    pages = swapper.load_model("wagtailcore", "Page").objects.order_by()
    above = pages.filter(pk__in=page_ids).annotate(end=Concat("path", Value(LAST_STEP)))
    return Q(Exists(above.filter(path__lte=OuterRef("path"), end__gte=OuterRef("path"))))


def pages_in_words(pages: tuple[NamedPage, ...], below: bool) -> str:
    """ "Baking or Bread", and with what is below them "Baking, Bread or a page below them"."""
    quoted = pgettext("title of a page in a sentence", "%(title)s")
    titles = [quoted % {"title": page.title} for page in pages]
    if not below:
        return listed(titles)
    words = {"pages": pgettext("things in a row", ", ").join(titles)}
    return (
        ngettext("%(pages)s or a page below it", "%(pages)s or a page below them", len(pages))
        % words
    )
