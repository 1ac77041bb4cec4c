"""How points and ranks read in a member's timeline."""

from django.utils.translation import gettext

from wagtail_crm.tracking.models import Event

from .amounts import signed

POINTS_KIND = "points"
RANK_KIND = "rank_change"
# What points bring about earns no points.
OWN_KINDS = (POINTS_KIND, RANK_KIND)
# As in ``member_changed``; and what rules read of a member.
RANK_FIELD = "rank"


def points_details(event: Event) -> str:
    points = signed(int(event.value or 0))
    label = event.data.get("label", "")
    return f"{label} {points}" if label else points


def rank_details(event: Event) -> str:
    """ "Silver → Gold"."""
    none = gettext("no rank")
    return f"{event.data.get('from') or none} → {event.data.get('to') or none}"
