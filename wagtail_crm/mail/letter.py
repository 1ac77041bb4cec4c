"""A rendered mail with gaps, and filling them for each recipient without rendering again."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.html import escape

from wagtail_crm.members.models import Member
from wagtail_crm.members.placeholders import PATTERN, Placeholder

from .links import MARK, LinkMark, absolute

GAP = re.compile(f"({MARK.pattern})|({PATTERN.pattern})")


@dataclass(frozen=True)
class Word:
    """A gap for a merge field, with what to say when there is nothing."""

    slug: str
    fallback: str


@dataclass(frozen=True)
class Text:
    """Pieces that never change, and gaps by their place among the pieces."""

    pieces: tuple[str, ...]
    words: tuple[tuple[int, Word], ...]
    links: tuple[tuple[int, LinkMark], ...]
    is_html: bool = False

    @classmethod
    def parse(
        cls, document: str, known: Mapping[str, Placeholder], base: str, *, is_html: bool = False
    ) -> "Text":
        """Split ``document`` at its marks and merge fields; unknown words stay as they are."""
        pieces: list[str] = []
        words, links, end = [], [], 0
        for match in GAP.finditer(document):
            _mark, url, link_text, _field, slug, fallback = match.groups()
            if slug is not None and slug not in known:
                continue
            pieces += [document[end : match.start()], ""]
            end = match.end()
            if slug is None:
                links.append((len(pieces) - 1, LinkMark(absolute(url, base), link_text)))
            else:
                words.append((len(pieces) - 1, Word(slug, (fallback or "").strip())))
        return cls((*pieces, document[end:]), tuple(words), tuple(links), is_html)

    def fill(self, values: Mapping[str, str], address: Callable[[LinkMark], str]) -> str:
        """The document for one recipient; ``values`` and addresses are escaped in HTML."""
        pieces = list(self.pieces)
        prepare = escape if self.is_html else str
        for place, word in self.words:
            value = values[word.slug]
            # A fallback is the editor's own text and was escaped when it was rendered.
            pieces[place] = prepare(value) if value else word.fallback
        for place, link in self.links:
            pieces[place] = prepare(address(link))
        return "".join(pieces)


@dataclass(frozen=True)
class Letter:
    """One variant of a campaign's mail: what everybody with the same audience decisions gets."""

    subject: Text
    html: Text
    text: Text
    known: Mapping[str, Placeholder]

    @cached_property
    def slugs(self) -> frozenset[str]:
        """The merge fields that this letter uses."""
        texts = (self.subject, self.html, self.text)
        return frozenset(word.slug for text in texts for _place, word in text.words)

    @cached_property
    def links(self) -> tuple[LinkMark, ...]:
        """Every link that is tracked, once, in the order of the mail."""
        found = [link for text in (self.html, self.text) for _place, link in text.links]
        return tuple(dict.fromkeys(link for link in found if link.is_tracked))

    def values_for(self, member: Member | None) -> dict[str, str]:
        """What the merge fields are for ``member``; nothing for nobody, so fallbacks speak."""
        if member is None:
            return dict.fromkeys(self.slugs, "")
        return {slug: self.known[slug].value(member) for slug in self.slugs}
