"""From an editor's blocks to a letter: MJML, HTML and plain text, once for each variant.

A variant is what everybody gets for whom the same audiences said yes. It is rendered once;
merge fields and addresses are filled in for each recipient (:mod:`wagtail_crm.mail.letter`).
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language_info, override
from mjml import mjml2html
from wagtail import blocks

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.placeholders import available_placeholders
from wagtail_crm.segments.audience import Audience, Viewer
from wagtail_crm.segments.audience_blocks import AudienceMixin

from .addresses import site_address
from .blocks import texts
from .letter import Letter, Text
from .links import (
    PIXEL,
    UNSUBSCRIBE,
    mark,
    mark_anchors,
    with_absolute_pictures,
    without_control,
)
from .models import Campaign
from .theme import Theme

Variant = tuple[bool, ...]

BETWEEN_CELLS = re.compile(r"(?<=>)(?=</?(?:table|tbody|tr|td)\b)")
# Leaves room for what merge fields and addresses add to a line.
LINE_LENGTH = 300

SECTION = '<mj-section css-class="crm-card"><mj-column>{}</mj-column></mj-section>'


class CannotRender(ValueError):
    """The mail cannot be made; the message says why, for developers of mail parts."""


class Composer:
    """Renders one campaign's letters. Keep it for many recipients: it remembers variants."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.base = site_address()
        self.letters: dict[Variant, Letter] = {}

    @cached_property
    def audiences(self) -> list[Audience]:
        return list(audiences_in(self.campaign.body.stream_block, self.campaign.body))

    @cached_property
    def known(self) -> dict[str, Any]:
        return available_placeholders()

    @cached_property
    def theme(self) -> Theme:
        return Theme.of(self.campaign.sender)

    @property
    def sender_name(self) -> str:
        if self.campaign.sender:
            return self.campaign.sender.name
        return crm_settings.mail_from.partition("<")[0].strip(' "') or crm_settings.mail_from

    def variant(self, viewer: Viewer) -> Variant:
        """Which of the parts with an audience ``viewer`` gets."""
        return tuple(audience.decide(viewer).shown for audience in self.audiences)

    def letter(self, viewer: Viewer) -> Letter:
        """The letter for everybody who gets the same parts as ``viewer``.

        Raises ``CannotRender``.
        """
        variant = self.variant(viewer)
        if variant not in self.letters:
            with override(self.campaign.mail_language):
                self.letters[variant] = self._render(viewer)
        return self.letters[variant]

    def _render(self, viewer: Viewer) -> Letter:
        context = self._context(viewer)
        html = with_absolute_pictures(without_control(self._html(context)), self.base)
        html = mark_anchors(html).replace(PIXEL, mark(PIXEL, ""))
        text = self._text(context).replace(UNSUBSCRIBE, mark(UNSUBSCRIBE, ""))
        return Letter(
            subject=Text.parse(" ".join(self.campaign.subject.split()), self.known, self.base),
            html=Text.parse(html, self.known, self.base, is_html=True),
            text=Text.parse(text, self.known, self.base),
            known=self.known,
        )

    def _context(self, viewer: Viewer) -> dict[str, Any]:
        language = self.campaign.mail_language
        try:
            right_to_left = get_language_info(language)["bidi"]
        except KeyError:
            right_to_left = False
        return {
            "campaign": self.campaign,
            "subject": self.campaign.subject,
            "preheader": self.campaign.preheader,
            "language": language,
            "direction": "rtl" if right_to_left else "ltr",
            "theme": self.theme,
            "sender_name": self.sender_name,
            "base_url": f"{self.base}/",
            "unsubscribe": UNSUBSCRIBE,
            "pixel": PIXEL,
            "crm_viewer": viewer,
        }

    def _html(self, context: dict[str, Any]) -> str:
        parts = [self._section(child, context) for child in self.campaign.body]
        # Each part was rendered, and escaped, by its own template.
        context = {**context, "parts": mark_safe("".join(parts))}  # noqa: S308
        source = render_to_string("wagtail_crm/mail/message.mjml", context)
        try:
            return folded(mjml2html(source))
        except ValueError as error:
            raise CannotRender(str(error)) from error

    @staticmethod
    def _section(child: Any, context: dict[str, Any]) -> str:
        rendered = child.block.render(child.value, context).strip()
        if not rendered or child.block.has_sections:
            return rendered
        return SECTION.format(rendered)

    def _text(self, context: dict[str, Any]) -> str:
        parts = "\n\n".join(texts(self.campaign.body, context))
        return render_to_string("wagtail_crm/mail/message.txt", {**context, "parts": parts})


def folded(html: str) -> str:
    """HTML with lines that mail servers take as they are (RFC 5322 §2.1.1: 998 bytes).

    Broken only between parts of tables, where white space means nothing. Longer lines would be
    encoded for every recipient, which costs more than everything else.
    """
    lines, length = [], 0
    for piece in BETWEEN_CELLS.split(html):
        size = len(piece.encode())
        if length and length + size > LINE_LENGTH:
            lines.append("\n")
            length = 0
        lines.append(piece)
        newline = piece.rfind("\n")
        length = length + size if newline < 0 else len(piece[newline + 1 :].encode())
    return "".join(lines)


def audiences_in(block: Any, value: Any) -> Iterator[Audience]:
    """Every audience in a value of ``block``, however deep, in a stable order."""
    if isinstance(block, AudienceMixin):
        yield block.audience_of(value)
    for child, child_value in children_of(block, value):
        yield from audiences_in(child, child_value)


def children_of(block: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    """The blocks right inside a value of ``block``, with their values."""
    if isinstance(block, blocks.BaseStreamBlock):
        yield from ((child.block, child.value) for child in value)
    elif isinstance(block, blocks.ListBlock):
        yield from ((child.block, child.value) for child in value.bound_blocks)
    elif isinstance(block, blocks.BaseStructBlock) and isinstance(value, blocks.StructValue):
        yield from ((child, value[name]) for name, child in block.child_blocks.items())
