"""How points read in a member's timeline."""

from wagtail_crm.tracking.models import Event

from .amounts import signed

POINTS_KIND = "points"


def points_details(event: Event) -> str:
    points = signed(int(event.value or 0))
    label = event.data.get("label", "")
    return f"{label} {points}" if label else points
