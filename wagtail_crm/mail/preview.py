"""The mail beside the editor: as somebody unknown, as somebody of a segment, as plain text."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_crm.members.models import Member
from wagtail_crm.segments.audience import Viewer
from wagtail_crm.segments.models import Segment

from .addresses import Addresses
from .message import Envelope
from .models import Campaign
from .recipients import Target, viewer_for
from .render import CannotRender, Composer

# A mail has no script; whatever gets into one does not run beside the admin.
NO_SCRIPT = "script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
ANYBODY, TEXT, SEGMENT = "", "text", "segment-"
VIEW_MEMBER = "wagtail_crm_members.view_member"


def preview_modes(campaign: Campaign) -> list[tuple[str, Any]]:
    """(name, label): anybody, one of each segment, those that matter to this mail first, text.

    All of them, because the list stays as it is while an editor chooses audiences.
    """
    matter = segments_that_matter(campaign)
    shown = Segment.objects.filter(Q(live=True) | Q(pk__in=matter)).order_by("name")
    segments = sorted(shown, key=lambda segment: segment.pk not in matter)
    return [
        (ANYBODY, _("nobody in particular")),
        *(
            (f"{SEGMENT}{segment.pk}", gettext("a reader in “%(segment)s”") % {"segment": segment})
            for segment in segments
        ),
        (TEXT, _("plain text")),
    ]


def segments_that_matter(campaign: Campaign) -> set[int]:
    """Segments that the campaign goes to, and those its parts are shown to or hidden from."""
    found: set[int] = set()
    for audience in Composer(campaign).audiences:
        found |= audience.segments | audience.excluded
    if campaign.pk:
        found |= Target.of(campaign).included
    return found


def serve_preview(campaign: Campaign, request: HttpRequest, mode: str) -> HttpResponse:
    """The mail as one of the modes gets it. Names of members only for who may see members."""
    may_see_members = request.user.has_perm(VIEW_MEMBER)
    member, viewer = None, Viewer()
    if mode.startswith(SEGMENT) and mode.removeprefix(SEGMENT).isdecimal():
        segment_id = int(mode.removeprefix(SEGMENT))
        member = _somebody_in(segment_id) if may_see_members else None
        viewer = viewer_for(member, frozenset({segment_id}))
    return mail_response(campaign, member, viewer, as_text=mode == TEXT)


def _somebody_in(segment_id: int) -> Member | None:
    members = Member.objects.present().filter(memberships__segment=segment_id)
    return members.order_by("pk").first()


def mail_response(
    campaign: Campaign, member: Member | None, viewer: Viewer, *, as_text: bool = False
) -> HttpResponse:
    """The mail as a page: no link in it is counted, and nothing in it runs."""
    response = _mail_response(campaign, member, viewer, as_text)
    response["Content-Security-Policy"] = NO_SCRIPT
    return response


def _mail_response(
    campaign: Campaign, member: Member | None, viewer: Viewer, as_text: bool
) -> HttpResponse:
    composer = Composer(campaign)
    envelope = Envelope(campaign, Addresses(composer.base))
    try:
        letter = composer.letter(viewer)
    except CannotRender as error:
        return HttpResponse(format_html("<p>{}</p>", str(error)))
    values = letter.values_for(member)
    if as_text:
        text = letter.text.fill(values, envelope.plain_address)
        return HttpResponse(text, content_type="text/plain; charset=utf-8")
    return HttpResponse(letter.html.fill(values, envelope.plain_address))
