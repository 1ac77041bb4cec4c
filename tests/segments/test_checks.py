import pytest

from wagtail_crm.segments.checks import check_run_settings


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"RUN_FILE_DAYS": 0}, ["wagtail_crm.E015"]),
        ({"RUN_FILE_DAYS": 0, "RUN_DAYS": -1}, ["wagtail_crm.E015"] * 2),
        ({"RUN_FILE_DAYS": 30, "RUN_DAYS": 7}, ["wagtail_crm.E015"]),
        ({"RUN_FILE_DAYS": 7, "RUN_DAYS": 7}, []),
    ],
)
def test_settings_are_checked(settings, values, expected):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | values

    assert [problem.id for problem in check_run_settings()] == expected
