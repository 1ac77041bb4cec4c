"""Languages of pages, without asking the database for each view."""

import functools
from typing import Any

from django.utils.translation import get_language
from wagtail.models import Locale


def languages_of(page: Any) -> dict[str, Any]:
    """``language``, in which it was shown, and ``locale``, the one of the page in its tree."""
    found = {"language": get_language(), "locale": locale_code(page.locale_id)}
    return {name: code for name, code in found.items() if code}


@functools.lru_cache(maxsize=256)
def locale_code(locale_id: int) -> str:
    """The code of a locale; asked once per process."""
    codes = Locale.all_objects.filter(pk=locale_id).values_list("language_code", flat=True)
    return codes.first() or ""


def forget_locales(**kwargs: Any) -> None:
    locale_code.cache_clear()
