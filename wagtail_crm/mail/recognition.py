"""Knowing a browser by the mail that was read on it, for people who never sign in.

A mail may have been passed on, so this is the weakest of the ways to know whose a browser is:
it signs nobody in, shows nothing of the member, is good for a few days and for a browser or two
of each mail, only on browsers that agreed to be remembered, and it can be taken back. What is
known so is left out of what a member may download (GDPR Art. 15(4): the rights of others).
"""

import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from wagtail_crm.conf import crm_settings
from wagtail_crm.mail.machines import SCAN_SECONDS
from wagtail_crm.mail.models import Delivery
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.tracking.actions import link_visitor
from wagtail_crm.tracking.context import Crm
from wagtail_crm.tracking.models import Visitor
from wagtail_crm.tracking.querysets import MAILED
from wagtail_crm.tracking.serve import is_human_view

# How long after the click whoever reads there is taken for who clicked: one visit.
VISIT = datetime.timedelta(minutes=30)
# Where one reads a mail oneself: on the phone and at the desk. A mail that is opened on more
# browsers was passed on.
BROWSERS_OF_A_MAIL = 2


def recognise(request: HttpRequest, delivery: Delivery) -> bool:
    """Give the browser to who got the mail, if nothing speaks against it; whether it is theirs.

    For clicks by people only.
    """
    crm: Crm | None = getattr(request, "crm", None)
    if crm is None or not (_is_navigation(request) and _is_fresh(delivery) and crm.may_track):
        return False
    if crm.member_id or _is_signed_in(request):
        return False
    member = Member.objects.present().filter(pk=delivery.member_id).first()
    if member is None or _said_no(member) or _is_somebody_elses(crm, member, delivery):
        return False
    return link_visitor(
        visitor_id=crm.ensure_visitor_id(),
        member=member,
        by=_source(delivery),
        until=timezone.now() + VISIT,
    )


def _is_navigation(request: HttpRequest) -> bool:
    """Somebody goes there; not a picture, frame or prefetch of another page (Fetch Metadata)."""
    return (
        is_human_view(request)
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
        and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    )


def _is_fresh(delivery: Delivery) -> bool:
    if delivery.sent_at is None:
        return False
    age = timezone.now() - delivery.sent_at
    longest = datetime.timedelta(days=crm_settings.mail_recognition_days)
    return datetime.timedelta(seconds=SCAN_SECONDS) <= age <= longest


def _is_signed_in(request: HttpRequest) -> bool:
    user: Any = getattr(request, "user", None)
    return user is not None and user.is_authenticated


def _said_no(member: Member) -> bool:
    answers = ConsentRecord.objects.current().filter(
        member=member, purpose=ConsentRecord.Purpose.PROFILING
    )
    return answers.filter(granted=False).exists()


def _is_somebody_elses(crm: Crm, member: Member, delivery: Delivery) -> bool:
    """Somebody registers on this browser, or the mail has been opened on enough of them."""
    here: Any = crm.visitor_id
    registering = Visitor.objects.filter(pk=here, user__isnull=False)
    if registering.exclude(user=member.user_id).exists():
        return True
    elsewhere = Visitor.objects.of_member(member).filter(linked_by=_source(delivery))
    return elsewhere.exclude(pk=here).count() >= BROWSERS_OF_A_MAIL


def _source(delivery: Delivery) -> str:
    return f"{MAILED}{delivery.pk}"
