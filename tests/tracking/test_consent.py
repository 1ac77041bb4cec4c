import uuid

import pytest
from django.http import HttpResponse

from wagtail_crm.tracking import consent

YES, NO, OLD_YES, OLD_NO = "2:yes", "2:no", "1:yes", "1:no"


@pytest.fixture(autouse=True)
def _text_in_force(crm_settings):
    crm_settings(CONSENT_VERSION="2")


@pytest.fixture
def visit(rf):
    def make(cookie=None, **headers):
        request = rf.get("/", headers={name.replace("_", "-"): v for name, v in headers.items()})
        if cookie:
            request.COOKIES["crm_consent"] = cookie
        return request

    return make


@pytest.mark.parametrize(
    ("cookie", "answer"),
    [
        (None, None),
        (YES, "yes"),
        (NO, "no"),
        (OLD_YES, None),
        (OLD_NO, "no"),
        ("yes", None),
        ("", None),
        ("2:maybe", None),
        (":" * 50, None),
        ("2:YES", None),
    ],
)
def test_answer_of(visit, cookie, answer):
    assert consent.answer_of(visit(cookie)) == answer


def test_a_version_may_hold_any_character(visit, crm_settings):
    crm_settings(CONSENT_VERSION="2026:4")
    assert consent.answer_of(visit("2026:4:yes")) == "yes"


# mode, member's answer, browser's answer, signal → recorded, asked
DECISIONS = [
    ("opt_in", None, None, False, False, True),
    ("opt_in", None, None, True, False, False),
    ("opt_in", None, YES, False, True, False),
    ("opt_in", None, YES, True, True, False),
    ("opt_in", None, OLD_YES, False, False, True),
    ("opt_in", None, NO, False, False, False),
    ("opt_in", True, None, False, True, False),
    ("opt_in", True, NO, True, True, False),
    ("opt_in", False, YES, False, False, False),
    ("notice", None, None, False, True, True),
    ("notice", None, None, True, False, False),
    ("notice", None, NO, False, False, False),
    ("notice", None, OLD_NO, False, False, False),
    ("notice", False, None, False, False, False),
    ("off", None, None, False, True, False),
    ("off", None, None, True, False, False),
    ("off", None, NO, False, False, False),
    ("off", False, None, False, False, False),
    ("of", None, None, False, False, False),
]


@pytest.mark.parametrize(
    ("mode", "member_answer", "cookie", "signal", "recorded", "asked"), DECISIONS
)
def test_decisions(visit, crm_settings, mode, member_answer, cookie, signal, recorded, asked):
    crm_settings(CONSENT_MODE=mode)
    for name in ("sec_gpc", "dnt"):
        request = visit(cookie, **({name: "1"} if signal else {}))
        assert consent.may_record(request, member_answer) is recorded
        assert consent.must_ask(request, member_answer) is asked


def test_a_signal_of_zero_is_none(visit):
    assert not consent.opted_out_by_browser(visit(sec_gpc="0", dnt="0"))


def test_visitor_id_of_a_cookie_we_gave(visit):
    visitor = uuid.uuid4()
    request = visit()
    request.COOKIES["crm_visitor"] = str(visitor)
    assert consent.visitor_id_of(request) == visitor


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "1",
        "x" * 5000,
        str(uuid.UUID(int=0)),
        "c232ab00-9414-11ec-b3c8-9f6bdeced846",
        "' OR 1=1 --",
        "\0",
    ],
)
def test_visitor_id_of_a_forged_cookie(visit, cookie):
    request = visit()
    request.COOKIES["crm_visitor"] = cookie
    assert consent.visitor_id_of(request) is None


def test_remember_answer_yes(visit):
    response = HttpResponse()
    consent.remember_answer(visit(), response, "yes")
    cookie = response.cookies["crm_consent"]
    assert (cookie.value, cookie["max-age"], cookie["httponly"]) == ("2:yes", 365 * 86400, "")
    assert "crm_visitor" not in response.cookies


@pytest.mark.parametrize("choice", ["yes", "no"])
def test_cookies_reach_as_far_as_the_sessions(rf, settings, choice):
    settings.SESSION_COOKIE_PATH = "/shop/"
    response = HttpResponse()
    consent.set_visitor_cookie(rf.get("/"), response, uuid.uuid4())
    consent.remember_answer(rf.get("/"), response, choice)
    assert [cookie["path"] for cookie in response.cookies.values()] == ["/shop/", "/shop/"]


def test_remember_answer_no_takes_the_visitor_cookie_away(visit):
    response = HttpResponse()
    consent.remember_answer(visit(), response, "no")
    assert response.cookies["crm_consent"].value == "2:no"
    assert response.cookies["crm_visitor"]["max-age"] == 0
