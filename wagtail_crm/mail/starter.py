"""What a new campaign begins with, so that nobody faces an empty page."""

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext


def starter_body() -> Any:
    """A greeting, a text and a button, in the language of the editor."""
    from .models import Campaign  # noqa: PLC0415  # models import the blocks this is made of

    block = Campaign._meta.get_field("body").stream_block
    greeting = gettext("Dear {{ name|customer }},")
    text = gettext(
        "Here is what is new. Write two or three sentences that make people want to read on."
    )
    parts = [
        {"type": "heading", "value": {"text": gettext("What your readers should know first")}},
        {"type": "text", "value": {"text": format_html("<p>{}</p><p>{}</p>", greeting, text)}},
    ]
    return block.to_python(parts)
