"""The one setting: read lazily, every key typed, defaults for all."""

import pytest
from django.test import override_settings

from wagtail_crm.conf import crm_settings


def test_every_setting_has_a_default_and_a_sentence():
    with override_settings(WAGTAIL_CRM={}):
        for name in sorted(crm_settings.names()):
            getattr(crm_settings, name.lower())

    undocumented = [
        name
        for name in sorted(crm_settings.names())
        if not getattr(type(crm_settings), name.lower()).__doc__
    ]
    assert undocumented == []


def test_absent_setting_means_defaults(settings):
    del settings.WAGTAIL_CRM

    assert crm_settings.raw() == {}
    assert crm_settings.redis_url is None
    assert crm_settings.consent_mode == "opt_in"


def test_a_value_is_read_when_asked_for():
    with override_settings(WAGTAIL_CRM={"CONSENT_MODE": "notice"}):
        assert crm_settings.consent_mode == "notice"
    with override_settings(WAGTAIL_CRM={"CONSENT_MODE": "off"}):
        assert crm_settings.consent_mode == "off"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, False),
        ({"REDIS_URL": "redis://localhost"}, True),
        ({"REDIS_URL": "redis://localhost", "USE_WORKERS": False}, False),
        ({"USE_WORKERS": True}, True),
    ],
)
def test_workers_are_used_where_there_is_a_redis_unless_told_otherwise(given, expected):
    with override_settings(WAGTAIL_CRM=given):
        assert crm_settings.use_workers is expected


def test_campaigns_come_from_the_site_unless_told_otherwise():
    with override_settings(DEFAULT_FROM_EMAIL="shop@example.com", WAGTAIL_CRM={}):
        assert crm_settings.mail_from == "shop@example.com"
    with override_settings(WAGTAIL_CRM={"MAIL_FROM": "news@example.com"}):
        assert crm_settings.mail_from == "news@example.com"
