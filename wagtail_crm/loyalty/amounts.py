"""Points in words."""

from django.utils.formats import number_format
from django.utils.translation import gettext


def in_points(points: int) -> str:
    """ "1,200 pt", in the active language."""
    return gettext("%(points)s pt") % {"points": number_format(points, force_grouping=True)}


def signed(points: int) -> str:
    """ "+1,200 pt" or "−300 pt"."""
    return f"{'−' if points < 0 else '+'}{in_points(abs(points))}"
