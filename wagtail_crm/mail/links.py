"""Links of a mail: found once in what was rendered, marked, and signed for each recipient.

A mark is ``STX address US words ETX`` (ASCII control characters, which no rendered mail holds).
"""

import hashlib
import html
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

START, BETWEEN, END = "\x02", "\x1f", "\x03"
CONTROL = dict.fromkeys(map(ord, (START, BETWEEN, END)))
MARK = re.compile(f"{START}([^{END}]*?){BETWEEN}([^{END}]*){END}")
ANCHOR = re.compile(r"(<a\b[^>]*?\bhref=\")([^\"]*)(\"[^>]*>)(.*?)(?=</a>)", re.DOTALL)
PICTURE = re.compile(r"(<img\b[^>]*?\bsrc=\")([^\"]*)")
TAG = re.compile(r"<[^>]*>")
ALT = re.compile(r"\balt=\"([^\"]*)\"")

TEXT_LENGTH = 200

# Stand in for addresses that are made for each recipient.
UNSUBSCRIBE = "https://crm.invalid/unsubscribe"
PIXEL = "https://crm.invalid/pixel"


@dataclass(frozen=True)
class LinkMark:
    """A link as it stands in the mail: its absolute address and the words people see."""

    url: str
    text: str

    @property
    def key(self) -> str:
        """The same for the same address and words, whichever parts of the mail are shown."""
        return hashlib.sha256(f"{self.url}{BETWEEN}{self.text}".encode()).hexdigest()[:32]

    @property
    def is_tracked(self) -> bool:
        """Only web addresses without merge fields are; ``mailto:``, ``tel:``, ``#`` stay."""
        if self.url in (UNSUBSCRIBE, PIXEL):
            return False
        return urlsplit(self.url).scheme in ("http", "https") and "{{" not in self.url


def without_control(text: str) -> str:
    """``text`` without the characters that marks are made of."""
    return text.translate(CONTROL)


def mark(url: str, words: str) -> str:
    return f"{START}{without_control(url)}{BETWEEN}{without_control(words)[:TEXT_LENGTH]}{END}"


def mark_anchors(document: str) -> str:
    """HTML with the address of every ``<a>`` replaced by a mark."""

    def replacement(match: re.Match[str]) -> str:
        before, url, after, inside = match.groups()
        return f"{before}{mark(html.unescape(url), _words(inside))}{after}{inside}"

    return ANCHOR.sub(replacement, document)


def _words(inside: str) -> str:
    words = html.unescape(TAG.sub("", inside))
    if not words.strip():
        alt = ALT.search(inside)
        words = html.unescape(alt[1]) if alt else ""
    return " ".join(words.split())


def absolute(url: str, base: str) -> str:
    """``url`` as it must stand in a mail; ``base`` is the address of the site."""
    return url if not url or url.startswith("#") else urljoin(base, url)


def with_absolute_pictures(document: str, base: str) -> str:
    """HTML whose pictures come from the site, wherever it is read."""

    def replacement(match: re.Match[str]) -> str:
        before, url = match.groups()
        return before + html.escape(absolute(html.unescape(url), base))

    return PICTURE.sub(replacement, document)
