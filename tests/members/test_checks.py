import pytest
from django.core.checks import run_checks
from django.urls import include, path

from wagtail_crm.members.checks import check_accounts, check_landing, check_signup_address

ALLAUTHS_OWN = "allauth.account.adapter.DefaultAccountAdapter"


class AllauthAlone:
    urlpatterns = [path("accounts/", include("allauth.urls"))]


class NoAccounts:
    urlpatterns = []


def ids(problems):
    return [problem.id for problem in problems]


def test_the_example_site_is_in_order():
    ours = ("wagtail_crm.E010", "wagtail_crm.E011", "wagtail_crm.E012", "wagtail_crm.W013")
    assert [problem for problem in run_checks() if problem.id in ours] == []


def test_an_unknown_withdrawal_policy(settings):
    settings.WAGTAIL_CRM = {"WITHDRAWAL_POLICY": "forget"}
    [problem] = check_accounts()
    assert (problem.id, problem.hint) == (
        "wagtail_crm.E011",
        "Use one of 'keep', 'erase', 'choose'.",
    )


def test_addresses_that_are_never_confirmed(settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    assert ids(check_accounts()) == ["wagtail_crm.E012"]


@pytest.mark.parametrize(
    ("adapter", "landing", "expected"),
    [
        ("wagtail_crm.members.adapter.CrmAccountAdapter", "/accounts/profile/", []),
        (ALLAUTHS_OWN, "/accounts/profile/", ["wagtail_crm.W014"]),
        (ALLAUTHS_OWN, "/welcome/", []),
    ],
)
def test_where_members_land(settings, adapter, landing, expected):
    settings.ACCOUNT_ADAPTER, settings.LOGIN_REDIRECT_URL = adapter, landing
    assert ids(check_landing()) == expected


@pytest.mark.parametrize(
    ("urls", "expected"), [(AllauthAlone, ["wagtail_crm.W013"]), (NoAccounts, [])]
)
def test_registration_through_another_form(settings, urls, expected):
    settings.ROOT_URLCONF = urls
    assert ids(check_signup_address()) == expected
