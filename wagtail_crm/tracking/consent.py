"""What a browser agreed to: the cookie that remembers the answer, and who may be recorded."""

import uuid
from typing import Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from wagtail_crm.conf import crm_settings

Answer = Literal["yes", "no"]


def answer_of(request: HttpRequest) -> Answer | None:
    """The visitor's answer, or None if the text in force has not been answered yet.

    A yes is good for the text it was given to; a no for every text.
    """
    cookie = request.COOKIES.get(crm_settings.consent_cookie_name, "")
    version, _separator, answer = cookie.rpartition(":")
    if answer == "no":
        return "no"
    return "yes" if (version, answer) == (crm_settings.consent_version, "yes") else None


def opted_out_by_browser(request: HttpRequest) -> bool:
    """Whether the browser sends Global Privacy Control (``Sec-GPC: 1``) or ``DNT: 1``."""
    return request.META.get("HTTP_SEC_GPC") == "1" or request.META.get("HTTP_DNT") == "1"


def may_record(request: HttpRequest, member_answer: bool | None) -> bool:
    """Whether this person's visit may be recorded.

    An answer given by the member counts before that of the browser, and both before a signal
    or the site's mode: someone who said yes here meant this site, and a no is always a no.
    """
    if member_answer is not None:
        return member_answer
    answer = answer_of(request)
    if answer is not None:
        return answer == "yes"
    return crm_settings.consent_mode in ("notice", "off") and not opted_out_by_browser(request)


def must_ask(request: HttpRequest, member_answer: bool | None) -> bool:
    """Whether to show the consent bar: nobody answered, not even the browser by a signal."""
    return (
        crm_settings.consent_mode in ("notice", "opt_in")
        and member_answer is None
        and answer_of(request) is None
        and not opted_out_by_browser(request)
    )


def visitor_id_of(request: HttpRequest) -> uuid.UUID | None:
    """The random id in the cookie; None when there is none or it is not one we gave."""
    cookie = request.COOKIES.get(crm_settings.visitor_cookie_name)
    if not cookie:
        return None
    try:
        visitor_id = uuid.UUID(cookie)
    except ValueError:
        return None
    return visitor_id if visitor_id.version == 4 else None


def cookie_value(answer: Answer) -> str:
    """What the consent cookie says for an answer to the text in force."""
    return f"{crm_settings.consent_version}:{answer}"


def remember_answer(request: HttpRequest, response: HttpResponse, answer: Answer) -> None:
    """Set the consent cookie; a "no" also takes the visitor cookie away.

    Scripts of the page may read the answer: that of the beacon sends nothing after a "no". Both
    go where the session's cookie goes: two sites below one host do not answer for each other.
    """
    name, value = crm_settings.consent_cookie_name, cookie_value(answer)
    _set_cookie(request, response, name, value, httponly=False)
    if answer == "no":
        take_visitor_cookie(response)


def take_visitor_cookie(response: HttpResponse) -> None:
    name, path = crm_settings.visitor_cookie_name, settings.SESSION_COOKIE_PATH
    response.delete_cookie(name, path=path, samesite="Lax")


def set_visitor_cookie(request: HttpRequest, response: HttpResponse, visitor_id: uuid.UUID) -> None:
    _set_cookie(request, response, crm_settings.visitor_cookie_name, str(visitor_id))


def _set_cookie(
    request: HttpRequest, response: HttpResponse, name: str, value: str, *, httponly: bool = True
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=crm_settings.cookie_age,
        path=settings.SESSION_COOKIE_PATH,
        secure=request.is_secure(),
        httponly=httponly,
        samesite="Lax",
    )
