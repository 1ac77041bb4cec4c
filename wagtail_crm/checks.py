"""System checks of the one setting; checks of a room live in that room."""

from difflib import get_close_matches
from typing import Any, get_args

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from .conf import ConsentMode, crm_settings


def check_setting_names(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E001``: a key of ``WAGTAIL_CRM`` that no property reads."""
    known = crm_settings.names()
    return [
        Error(
            f"WAGTAIL_CRM has no setting {name!r}.",
            hint=_suggestion(name, known),
            id="wagtail_crm.E001",
        )
        for name in sorted(set(crm_settings.raw()) - known)
    ]


def _suggestion(name: str, known: frozenset[str]) -> str:
    close = get_close_matches(name.upper(), known, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Allowed are: {', '.join(sorted(known))}."


def check_setting_values(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E002`` unknown consent mode; ``E003`` a cache alias that does not exist."""
    problems: list[CheckMessage] = []
    modes = get_args(ConsentMode)
    if crm_settings.consent_mode not in modes:
        problems.append(
            Error(
                f"WAGTAIL_CRM['CONSENT_MODE'] is {crm_settings.consent_mode!r}.",
                hint=f"Use one of {', '.join(map(repr, modes))}.",
                id="wagtail_crm.E002",
            )
        )
    if crm_settings.cache_alias not in settings.CACHES:
        problems.append(
            Error(
                f"WAGTAIL_CRM['CACHE_ALIAS'] names {crm_settings.cache_alias!r}, "
                "which is not in CACHES.",
                hint="Add the cache or remove the setting to use 'default'.",
                id="wagtail_crm.E003",
            )
        )
    return problems


MIDDLEWARE = "wagtail_crm.tracking.middleware.CrmMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"


KEEPS_PAGES = "django.middleware.cache.UpdateCacheMiddleware"


def check_time_zones(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E008``: moments without a time zone are written to no log."""
    if settings.USE_TZ:
        return []
    return [
        Error(
            "USE_TZ is False: every event would be set aside.",
            hint="Set USE_TZ = True, Django's default.",
            id="wagtail_crm.E008",
        )
    ]


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.W001`` our middleware is missing; ``E004`` it stands before authentication.

    ``E009``: a cache of pages keeps them before it is said for whom they are.
    """
    installed = list(settings.MIDDLEWARE)
    if MIDDLEWARE not in installed:
        return [
            Warning(
                "Page views are not recorded: the middleware is not installed.",
                hint=f"Add '{MIDDLEWARE}' to MIDDLEWARE, after authentication.",
                id="wagtail_crm.W001",
            )
        ]
    if AUTHENTICATION in installed and installed.index(MIDDLEWARE) < installed.index(
        AUTHENTICATION
    ):
        return [
            Error(
                "The wagtail_crm middleware stands before AuthenticationMiddleware.",
                hint=f"Move '{MIDDLEWARE}' below '{AUTHENTICATION}'.",
                id="wagtail_crm.E004",
            )
        ]
    if KEEPS_PAGES in installed and installed.index(MIDDLEWARE) < installed.index(KEEPS_PAGES):
        return [
            Error(
                "UpdateCacheMiddleware stands below the wagtail_crm middleware: what one visitor "
                "is shown would be kept for all.",
                hint=f"Move '{KEEPS_PAGES}' to the top of MIDDLEWARE.",
                id="wagtail_crm.E009",
            )
        ]
    return []
