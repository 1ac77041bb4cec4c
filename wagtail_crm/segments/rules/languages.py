"""The languages of the site, as rules offer them."""

from typing import Any

from django.conf import settings
from django.utils.translation import get_language_info, pgettext


def language_choices() -> list[tuple[str, Any]]:
    return [(code, language_name(code, name)) for code, name in settings.LANGUAGES]


def language_name(code: str, name: Any) -> str:
    """In the active language; ``name`` where Django does not know it."""
    if code == "en":  # Django's translations call it American
        return pgettext("language", "English")
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return str(name)
