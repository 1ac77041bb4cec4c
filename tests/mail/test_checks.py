import pytest

from wagtail_crm.mail.checks import check_mail_settings


def ids(settings, **values):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | values
    return [problem.id for problem in check_mail_settings()]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"MAIL_FROM": "Hidamari"}, ["wagtail_crm.E020"]),
        ({"MAIL_FROM": "Hidamari <a@b.jp>"}, []),
        ({"MAIL_BATCH_SIZE": 0}, ["wagtail_crm.E021"]),
        ({"MAIL_WORKERS": 0, "MAIL_ATTEMPTS": 0}, ["wagtail_crm.E021"] * 2),
        ({"MAIL_LEASE": 5}, ["wagtail_crm.W020"]),
    ],
)
def test_settings_are_checked(settings, values, expected):
    assert ids(settings, **values) == expected
