"""What a browser agreed to: the cookie that remembers the answer, and who may be recorded."""

import uuid
from typing import Literal

from django.http import HttpRequest, HttpResponse

from wagtail_crm.conf import crm_settings

Answer = Literal["yes", "no"]


def answer_of(request: HttpRequest) -> Answer | None:
    """The visitor's answer to the consent text in force, or None if not asked yet."""
    version, _separator, answer = request.COOKIES.get(
        crm_settings.consent_cookie_name, ""
    ).partition(":")
    if version != crm_settings.consent_version:
        return None
    return "yes" if answer == "yes" else "no"


def opted_out_by_browser(request: HttpRequest) -> bool:
    """Whether the browser sends Global Privacy Control (``Sec-GPC: 1``) or ``DNT: 1``."""
    return request.headers.get("Sec-GPC") == "1" or request.headers.get("DNT") == "1"


def may_record(request: HttpRequest, member_answer: bool | None) -> bool:
    """Whether this person's visit may be recorded.

    An answer given by the member counts before that of the browser, and both before a signal
    or the site's mode: someone who said yes here meant this site.
    """
    if crm_settings.consent_mode == "off":
        return not opted_out_by_browser(request)
    if member_answer is not None:
        return member_answer
    answer = answer_of(request)
    if answer is not None:
        return answer == "yes"
    return crm_settings.consent_mode == "notice" and not opted_out_by_browser(request)


def visitor_id_of(request: HttpRequest) -> uuid.UUID | None:
    """The random id in the cookie; None when there is none or it is not a UUID."""
    try:
        return uuid.UUID(request.COOKIES.get(crm_settings.visitor_cookie_name, ""))
    except ValueError:
        return None


def remember_answer(request: HttpRequest, response: HttpResponse, answer: Answer) -> None:
    """Set the consent cookie; a "no" also takes the visitor cookie away."""
    value = f"{crm_settings.consent_version}:{answer}"
    _set_cookie(request, response, crm_settings.consent_cookie_name, value)
    if answer == "no":
        response.delete_cookie(crm_settings.visitor_cookie_name)


def set_visitor_cookie(request: HttpRequest, response: HttpResponse, visitor_id: uuid.UUID) -> None:
    _set_cookie(request, response, crm_settings.visitor_cookie_name, str(visitor_id))


def _set_cookie(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=crm_settings.cookie_age,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
