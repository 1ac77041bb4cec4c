"""The plain text of a mail: what rich text becomes, and how a link stands in it."""

from html.parser import HTMLParser

from .links import mark

BLOCKS = {"p", "h2", "h3", "h4", "ul", "ol", "hr", "blockquote", "div"}


def text_link(url: str, words: str) -> str:
    """``words`` and the address on a line of its own, where mail programs recognise it."""
    if not url:
        return words
    return f"{words}\n{mark(url, words)}" if words and words != url else mark(url, words)


def plain_text(html: str) -> str:
    """Paragraphs, lists and links of rich text as plain text; everything else by its words."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.text()


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.paragraphs: list[str] = [""]
        self.lists: list[int | None] = []
        self.href = ""
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS and not self.lists:
            self.paragraphs.append("")
        if tag in ("ul", "ol"):
            self.lists.append(1 if tag == "ol" else None)
        elif tag == "li":
            self._start_item()
        elif tag == "br":
            self._add("\n")
        elif tag == "a":
            self.href, self.words = dict(attrs).get("href") or "", ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.lists.pop()
            if not self.lists:
                self.paragraphs.append("")
        elif tag == "a" and self.href:
            words, target = self.words, self.href
            self.href = ""
            link = mark(target, " ".join(words.split()))
            # In brackets, no full stop or next word becomes a part of it (RFC 3986, Appendix C).
            self._add(f" <{link}>" if words.strip() != target else link)

    def handle_data(self, data: str) -> None:
        words = " ".join(data.replace("\n", " ").split(" "))
        if self.href:
            self.words += words
            if words.strip() == self.href:
                return
        self._add(words)

    def _start_item(self) -> None:
        number = self.lists[-1] if self.lists else None
        indent = "  " * (len(self.lists) - 1)
        if number is None:
            bullet = "・"
        else:
            bullet = f"{number}. "
            self.lists[-1] = number + 1
        before = self.paragraphs[-1]
        self._add(("\n" if before and not before.endswith("\n") else "") + indent + bullet)

    def _add(self, words: str) -> None:
        self.paragraphs[-1] += words

    def text(self) -> str:
        stripped = ("\n".join(line.rstrip() for line in p.split("\n")) for p in self.paragraphs)
        return "\n\n".join(p.strip() for p in stripped if p.strip())
