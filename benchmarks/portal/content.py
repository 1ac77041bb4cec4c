"""One tree of pages, the same for every variant, and the member who reads it."""

import json
import uuid
from io import BytesIO
from typing import Any

from django.contrib.auth import get_user_model
from django.core.files.images import ImageFile
from PIL import Image as Picture
from wagtail.images import get_image_model
from wagtail.models import Page, Site

from .models import PortalPage

PARAGRAPH = (
    "<p>Flour, water and <b>salt</b>: more is not needed for a good loaf, except for "
    "patience and a warm place in the kitchen.</p>"
)
LINK = '<p>Then <a linktype="page" id="{page}">bake it</a>.</p>'
LINES = "<ul><li>Weigh everything.</li><li>Wait longer than you think.</li></ul>"


def make_member() -> Any:
    """The account that reads the page."""
    return get_user_model().objects.create_user(
        "yoko", "yoko@example.jp", "benchmark", first_name="陽子", last_name="田中"
    )


def make_pages() -> list[PortalPage]:
    """A home page, eight pages in the menu with three below each; returns the two to fill."""
    root = Page.objects.get(depth=1)
    home = root.add_child(instance=PortalPage(title="Portal", slug="portal"))
    Site.objects.all().delete()
    Site.objects.create(hostname="portal.example", root_page=home, is_default_site=True)
    for number in range(8):
        shelf = PortalPage(title=f"Shelf {number}", show_in_menus=True)
        home.add_child(instance=shelf)
        for below in range(3):
            shelf.add_child(instance=PortalPage(title=f"Bread {number}.{below}"))
    return [PortalPage.objects.get(title=title) for title in ("Bread 3.1", "Bread 3.2")]


def fill(page: PortalPage, offers: list[dict[str, Any]]) -> None:
    """Ten blocks; two of them are offers, with what each variant adds to them."""
    others = list(PortalPage.objects.order_by("pk")[3:9])
    text = PARAGRAPH * 3
    questions = [{"question": f"Question {n}?", "answer": text} for n in range(3)]
    offer = {"heading": "An offer", "text": text, "page": others[1].pk}
    cards = {"heading": "More", "pages": [other.pk for other in others]}
    page.intro = "How a loaf becomes a loaf, from the evening before to the first slice."
    blocks = [
        ("heading", "The evening before"),
        ("text", text + LINES + LINK.format(page=others[0].pk)),
        ("picture", {"image": make_image("dough"), "caption": "The dough"}),
        ("offer", offer | offers[0]),
        ("quote", {"text": "Patience is an ingredient.", "who": "Yoko"}),
        ("text", text * 2),
        ("picture", {"image": make_image("loaf"), "caption": "The loaf"}),
        ("questions", {"heading": "Asked often", "items": questions}),
        ("offer", offer | offers[1]),
        ("cards", cards),
    ]
    page.body = json.dumps(
        [{"type": name, "value": value, "id": str(uuid.uuid4())} for name, value in blocks]
    )
    page.save()


def make_image(title: str) -> int:
    file = BytesIO()
    Picture.new("RGB", (1200, 800), (200, 160, 110)).save(file, "JPEG")
    file.seek(0)
    image = ImageFile(file, f"{title}.jpg")
    return get_image_model().objects.create(title=title, file=image).pk
