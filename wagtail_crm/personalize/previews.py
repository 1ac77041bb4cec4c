"""Looking at a draft with somebody else's eyes."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Segment
from wagtail_crm.tracking.snapshots import NOTHING_KNOWN, Snapshot, parts_of

VISITOR = "crm-visitor"
MEMBER = "crm-member"
SEGMENT = "crm-segment-"

# Where the session remembers which member an editor looks with, and whom they searched for.
CHOSEN = "crm_preview_member"
SEARCHED = "crm_preview_search"
SEE_MEMBERS = "wagtail_crm_members.view_member"


@dataclass(frozen=True)
class Eyes:
    """Whose eyes a preview has, in words, and what is known of them."""

    label: str
    snapshot: Snapshot
    is_member: bool = False


def preview_modes() -> list[tuple[str, Any]]:
    """The modes that every personalised page adds to its own."""
    segments = Segment.objects.live().values_list("pk", "name")
    return [
        (VISITOR, _("As a visitor without an account")),
        *(
            (f"{SEGMENT}{pk}", gettext("As somebody in “%(segment)s”") % {"segment": name})
            for pk, name in segments
        ),
        (MEMBER, _("As one member …")),
    ]


def eyes_for(mode: str | None, request: HttpRequest) -> Eyes | None:
    """Whose eyes ``mode`` means; None for a mode that is not ours."""
    if mode == VISITOR:
        return Eyes(gettext("a visitor without an account"), dict(NOTHING_KNOWN))
    if mode == MEMBER:
        return _eyes_of_member(chosen_member(request))
    if mode and mode.startswith(SEGMENT) and mode.removeprefix(SEGMENT).isdecimal():
        return _eyes_of_segment(int(mode.removeprefix(SEGMENT)))
    return None


def chosen_member(request: HttpRequest) -> Member | None:
    """The member the editor chose, if they may see members at all."""
    session = getattr(request, "session", None)
    if session is None or not request.user.has_perm(SEE_MEMBERS):
        return None
    return Member.objects.present().filter(pk=session.get(CHOSEN)).first()


def _eyes_of_segment(segment_id: int) -> Eyes:
    name = Segment.objects.filter(pk=segment_id).values_list("name", flat=True).first() or "?"
    label = gettext("somebody in “%(segment)s”") % {"segment": name}
    return Eyes(label, {**NOTHING_KNOWN, "segments": [segment_id]})


def _eyes_of_member(member: Member | None) -> Eyes:
    if member is None:
        return Eyes(gettext("nobody yet"), dict(NOTHING_KNOWN), is_member=True)
    parts, _complete = parts_of([member.pk])
    snapshot = {**NOTHING_KNOWN, "member_id": member.pk, **parts[member.pk]}
    return Eyes(str(member), snapshot, is_member=True)


def look_with(eyes: Eyes, request: Any) -> None:
    """Make everything that the page asks of ``request.crm`` the answer for these eyes."""
    request.crm_preview = eyes
    request.crm.reset()
    request.crm.__dict__["snapshot"] = eyes.snapshot
