"""Which pages a visitor may see, for lists that pages show of other pages."""

from django.http import HttpRequest
from wagtail.models import PageViewRestriction


def closed_paths(request: HttpRequest) -> tuple[str, ...]:
    """Tree paths below which this visitor would be asked for a password or to log in."""
    restrictions = PageViewRestriction.objects.select_related("page")
    return tuple(
        restriction.page.path
        for restriction in restrictions
        if not restriction.accept_request(request)
    )
