"""From the plain text of ``content/`` to the blocks of a page."""

import html
import itertools
import json
from importlib import resources

from django.core.files.base import ContentFile
from wagtail.documents.models import Document


def rich(text):
    """HTML of paragraphs, ``## headlines`` and ``- lists``."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    parts = []
    for is_item, group in itertools.groupby(lines, lambda line: line.startswith("- ")):
        if is_item:
            items = "".join(f"<li>{html.escape(line[2:])}</li>" for line in group)
            parts.append(f"<ul>{items}</ul>")
        else:
            parts += [_paragraph(line) for line in group]
    return "".join(parts)


def _paragraph(line):
    if line.startswith("## "):
        return f"<h2>{html.escape(line[3:])}</h2>"
    return f"<p>{html.escape(line)}</p>"


def film(name, title):
    """A film of ``films/`` in the library of documents."""
    known = Document.objects.filter(title=title).first()
    if known:
        return known
    data = (resources.files(__package__) / "films" / name).read_bytes()
    return Document.objects.create(
        title=title, file=ContentFile(data, name=name), file_size=len(data)
    )


class Bodies:
    """Knows the pictures, pages and segments that blocks point at."""

    def __init__(self, pictures, pages=(), segments=()):
        self._pictures, self._pages, self._segments = pictures, dict(pages), dict(segments)

    def stream(self, blocks):
        """The stored form of a StreamField; each block is ``{type: content}``."""
        return json.dumps(
            [
                {"type": kind, "value": getattr(self, f"_{kind}_block")(value)}
                for block in blocks or ()
                for kind, value in block.items()
            ]
        )

    def _text_block(self, value):
        return {"text": rich(value)}

    def _tip_block(self, value):
        return value | {"text": rich(value["text"])}

    def _picture_block(self, value):
        return value | {"picture": self._pictures[value["picture"]].pk}

    def _film_block(self, value):
        return value | {"file": film(value["file"], value["name"]).pk}

    def _recipe_block(self, value):
        ingredients = value["ingredients"].items()
        return value | {
            "ingredients": [{"name": name, "amount": amount} for name, amount in ingredients]
        }

    def _questions_block(self, value):
        pairs = value.items()
        return {"questions": [{"question": key, "answer": rich(text)} for key, text in pairs]}

    def _pages_of(self, names):
        return [self._pages[name].pk for name in names]

    def _banner_block(self, value):
        value = dict(value)
        if "picture" in value:
            value["picture"] = self._pictures[value["picture"]].pk
        if "page" in value:
            value["page"] = self._pages[value["page"]].pk
        return self._with_audience(value)

    def _welcome_block(self, value):
        return self._banner_block(value)

    def _pages_block(self, value):
        value = dict(value, pages=self._pages_of(value["pages"]))
        if "more" in value:
            value["more"] = self._pages[value["more"]].pk
        return self._with_audience(value)

    def _with_audience(self, value):
        shown, hidden = value.pop("audience", None), value.pop("hide_from", None)
        value["audience"] = {
            "segments": [self._segments[shown].pk] if shown else [],
            "excluded": [self._segments[hidden].pk] if hidden else [],
        }
        return value
