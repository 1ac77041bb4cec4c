import pytest
from django.test import override_settings

from wagtail_crm.loyalty.checks import check_rank_months


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        (0, []),
        (12, []),
        ("6", []),
        (-1, ["wagtail_crm.E040"]),
        (1201, ["wagtail_crm.E040"]),
        ("a year", ["wagtail_crm.E040"]),
        (None, ["wagtail_crm.E040"]),
        (float("inf"), ["wagtail_crm.E040"]),
    ],
)
def test_the_period_of_ranks_is_a_number_of_months(months, expected):
    with override_settings(WAGTAIL_CRM={"RANK_MONTHS": months}):
        assert [error.id for error in check_rank_months()] == expected
