"""Colours of a mail, light and dark, made from the sender's one colour."""

from dataclasses import dataclass

from wagtail.images.shortcuts import get_rendition_or_not_found

from .models import Sender

# WCAG 2.2, 1.4.3: contrast of text.
ENOUGH_CONTRAST = 4.5
DEFAULT_COLOR = "#8a4b1f"


@dataclass(frozen=True)
class Theme:
    """What templates of mails and of mail parts may use as ``theme``."""

    color: str = DEFAULT_COLOR
    logo: str = ""
    imprint: str = ""
    font: str = (
        "system-ui, -apple-system, 'Hiragino Sans', 'Noto Sans JP', 'Yu Gothic', Meiryo, "
        "Helvetica, Arial, sans-serif"
    )
    page: str = "#f4f2ee"
    card: str = "#ffffff"
    ink: str = "#29241f"
    quiet: str = "#6b635b"
    line: str = "#ddd7cf"
    dark_page: str = "#141210"
    dark_card: str = "#211e1b"
    dark_ink: str = "#f0ebe4"
    dark_quiet: str = "#b3a99e"
    dark_line: str = "#4a433c"

    @classmethod
    def of(cls, sender: Sender | None) -> "Theme":
        if sender is None:
            return cls()
        logo = get_rendition_or_not_found(sender.logo, "max-320x160").url if sender.logo else ""
        return cls(color=sender.color, logo=logo, imprint=sender.imprint)

    @property
    def on_color(self) -> str:
        """White or near-black, whichever reads better on the colour."""
        return max("#ffffff", "#1c1815", key=lambda ink: contrast(ink, self.color))

    @property
    def dark_color(self) -> str:
        """The colour, lightened until links can be read on the dark card."""
        color, share = self.color, 0.0
        while contrast(color, self.dark_card) < ENOUGH_CONTRAST:
            share += 0.1
            color = lighter(self.color, share)
        return color


def channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def lighter(color: str, share: float) -> str:
    """``color`` with a share, 0 to 1, of the way to white added."""
    mixed = (round(value + (255 - value) * min(share, 1)) for value in channels(color))
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [value / 255 for value in channels(color)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter_one, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter_one + 0.05) / (darker + 0.05)
