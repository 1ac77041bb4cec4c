"""Wrong settings are told by id, with a hint that mends them."""

import pytest
from django.core import checks
from django.test import override_settings

from wagtail_crm.checks import AUTHENTICATION, KEEPS_PAGES, MIDDLEWARE
from wagtail_crm.conf import crm_settings


def problems(**changed):
    """Ids and hints of our messages under these settings."""
    with override_settings(**changed):
        found = checks.run_checks()
    return [(m.id, m.hint) for m in found if m.id.startswith("wagtail_crm.")]


def test_the_example_site_has_no_problem():
    assert problems() == []


def test_a_misspelt_name_is_e001_with_the_nearest_name():
    assert problems(WAGTAIL_CRM={"REDIS_URI": "redis://x"}) == [
        ("wagtail_crm.E001", "Did you mean 'REDIS_URL'?")
    ]


def test_an_unknown_name_is_e001_with_all_names():
    ((code, hint),) = problems(WAGTAIL_CRM={"COLOUR_OF_THE_BIKE_SHED": 1})

    assert code == "wagtail_crm.E001"
    assert hint == f"Allowed are: {', '.join(sorted(crm_settings.names()))}."


def test_an_unknown_consent_mode_is_e002():
    assert problems(WAGTAIL_CRM={"CONSENT_MODE": "always"}) == [
        ("wagtail_crm.E002", "Use one of 'off', 'notice', 'opt_in'.")
    ]


def test_a_cache_that_does_not_exist_is_e003():
    assert problems(WAGTAIL_CRM={"CACHE_ALIAS": "fast"}) == [
        ("wagtail_crm.E003", "Add the cache or remove the setting to use 'default'.")
    ]


def test_middleware_before_authentication_is_e004(settings):
    others = [name for name in settings.MIDDLEWARE if name != MIDDLEWARE]

    assert problems(MIDDLEWARE=[MIDDLEWARE, *others]) == [
        ("wagtail_crm.E004", f"Move '{MIDDLEWARE}' below '{AUTHENTICATION}'.")
    ]


def test_a_cache_below_the_middleware_is_e009(settings):
    assert problems(MIDDLEWARE=[*settings.MIDDLEWARE, KEEPS_PAGES]) == [
        ("wagtail_crm.E009", f"Move '{KEEPS_PAGES}' to the top of MIDDLEWARE.")
    ]
    assert problems(MIDDLEWARE=[KEEPS_PAGES, *settings.MIDDLEWARE]) == []


def test_a_site_without_time_zones_is_e008():
    assert problems(USE_TZ=False) == [("wagtail_crm.E008", "Set USE_TZ = True, Django's default.")]


def test_missing_middleware_is_w001(settings):
    others = [name for name in settings.MIDDLEWARE if name != MIDDLEWARE]

    assert problems(MIDDLEWARE=others) == [
        ("wagtail_crm.W001", f"Add '{MIDDLEWARE}' to MIDDLEWARE, after authentication.")
    ]


@pytest.mark.parametrize("mode", ["off", "notice", "opt_in"])
def test_known_consent_modes_are_no_problem(mode):
    assert problems(WAGTAIL_CRM={"CONSENT_MODE": mode}) == []
