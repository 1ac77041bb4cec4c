"""What visitors search for on the site."""

import unicodedata

from django.http import HttpRequest

from .context import Crm
from .serve import is_human_view


def record_search(request: HttpRequest, words: str, *, results: int) -> None:
    """Note that somebody searched for ``words`` and how many results there are; for search views.

    Spaces, capitals and full-width letters make no difference. Call it for the first page of
    results. Nothing is noted of empty words and of what nobody looks at.
    """
    crm: Crm | None = getattr(request, "crm", None)
    words = words.encode(errors="replace").decode()  # half a character is no text
    subject = " ".join(unicodedata.normalize("NFKC", words).casefold().split())
    if crm is None or not subject or not is_human_view(request):
        return
    crm.track("search", subject=subject, results=results)
    if not results:
        crm.track("search_without_result", subject=subject)
