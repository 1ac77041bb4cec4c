"""How points read in a member's timeline."""

from django.utils.formats import number_format
from django.utils.translation import gettext

from wagtail_crm.tracking.models import Event


def signed(points: int) -> str:
    """ "+1,200 pt" or "−300 pt", in the active language."""
    sign = "−" if points < 0 else "+"
    amount = number_format(abs(points), force_grouping=True, use_l10n=True)
    return gettext("%(points)s pt") % {"points": f"{sign}{amount}"}


def points_details(event: Event) -> str:
    points = signed(int(event.value or 0))
    label = event.data.get("label", "")
    return f"{label} {points}" if label else points
