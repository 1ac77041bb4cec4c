import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from tests.tracking.factories import make_browser
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.checks import check_country_header
from wagtail_crm.tracking.countries import COUNTRIES, country_of
from wagtail_crm.tracking.middleware import CrmMiddleware
from wagtail_crm.tracking.models import Event


@pytest.fixture(autouse=True)
def _behind_a_proxy(crm_settings):
    crm_settings(COUNTRY_HEADER="CF-IPCountry")


def asked(country="JP"):
    return RequestFactory().get("/", headers={"cf-ipcountry": country})


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ("JP", "JP"),
        ("jp", "JP"),
        (" DE ", "DE"),
        ("XK", "XK"),
        ("XX", ""),
        ("T1", ""),
        ("EU", ""),
        ("JPN", ""),
        ("J", ""),
        ("", ""),
        ("JP, US", ""),
        ("<script>", ""),
        ("\uff2a\uff30", ""),
    ],
)
def test_only_countries_are_known(sent, known):
    assert country_of(asked(sent)) == known


def test_without_a_header_or_the_setting_nothing_is_known(crm_settings):
    assert country_of(RequestFactory().get("/")) == ""
    crm_settings(COUNTRY_HEADER=None)
    assert country_of(asked()) == ""


def test_the_list_is_that_of_iso_3166():
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isalpha() and code.isupper() for code in COUNTRIES)


@pytest.mark.django_db
@pytest.mark.parametrize(("sent", "kept"), [("JP", "JP"), ("T1", None)])
def test_a_view_says_the_country(page, sent, kept):
    make_browser("yes").get(page.url, headers={"cf-ipcountry": sent})
    actions.drain_buffer()
    assert Event.objects.get().data.get("country") == kept


@pytest.mark.parametrize(("header", "shown"), [("CF-IPCountry", "JP"), (None, "")])
def test_a_page_that_reads_it_varies_by_it(crm_settings, header, shown):
    crm_settings(COUNTRY_HEADER=header)
    answer = CrmMiddleware(lambda request: HttpResponse(request.crm.country))
    response = answer(asked())
    assert (response.content.decode(), response.get("Vary")) == (shown, header)


def test_other_pages_do_not_vary_by_it():
    response = CrmMiddleware(lambda request: HttpResponse())(asked())
    assert response.get("Vary") is None


@pytest.mark.parametrize("name", ["CF-IPCountry", "X-Country", "Country", None])
def test_names_of_headers(crm_settings, name):
    crm_settings(COUNTRY_HEADER=name)
    assert check_country_header() == []


@pytest.mark.parametrize("name", ["HTTP_CF_IPCOUNTRY", "CF IPCountry", "X-Country:", "", "-", 5])
def test_e006_what_is_none(crm_settings, name):
    crm_settings(COUNTRY_HEADER=name)
    assert [problem.id for problem in check_country_header()] == ["wagtail_crm.E006"]
