"""Where acting on a segment, and the page of a static one, are found."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import Button, HeaderButton

from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.runs.action import actions_for
from wagtail_crm.viewsets import may_look

from .screens import may


def act_button(segment: Segment, user: Any) -> list[HeaderButton]:
    """The way to act on a segment; for live ones, and those who may do something."""
    if not _has_members(segment) or not actions_for(user):
        return []
    url = reverse("crm_segment_act", args=[segment.pk])
    return [HeaderButton(_("Act on this segment"), url=url, icon_name="crosshairs")]


def _has_members(segment: Segment) -> bool:
    """Not a draft, and not one that is decided on each visit."""
    return segment.live and not segment.about_visit


def more_buttons(segment: Segment, user: Any) -> list[Button]:
    """What is done to a segment more rarely."""
    if not _has_members(segment):
        return []
    buttons = [
        Button(
            _("What was done so far"),
            url=reverse("crm_segment_runs", args=[segment.pk]),
            icon_name="history",
            priority=40,
        )
    ]
    if segment.is_static and may(user, "change"):
        url = reverse("crm_segment_rename", args=[segment.pk])
        buttons.append(Button(_("Rename"), url=url, icon_name="edit", priority=5))
    if may(user, "add") and may_look(user, Member):
        url = reverse("crm_segment_freeze", args=[segment.pk])
        label = _("Copy") if segment.is_static else _("Freeze to a static copy")
        buttons.append(Button(label, url=url, icon_name="copy", priority=50))
    return buttons


def act_from_the_list(snippet: Any, user: Any, next_url: str) -> Iterator[Button]:
    """For ``register_snippet_listing_buttons``: the same, beside each name."""
    if isinstance(snippet, Segment) and _has_members(snippet) and actions_for(user):
        url = reverse("crm_segment_act", args=[snippet.pk])
        yield Button(_("Act on this segment"), url=url, icon_name="crosshairs", priority=5)


def lead_to_static_page(request: HttpRequest, instance: Any) -> HttpResponse | None:
    """For ``before_edit_snippet``: a static segment has no rules to edit, but a page."""
    if isinstance(instance, Segment) and instance.is_static:
        return redirect(reverse("crm_segment:inspect", args=[instance.pk]))
    return None


def keep_static_live(request: HttpRequest, instance: Any) -> HttpResponse | None:
    """For ``before_unpublish``: without rules, nobody could be put back in by publishing."""
    if isinstance(instance, Segment) and instance.is_static:
        messages.info(request, _("A static segment has no drafts: rename it or delete it."))
        return redirect(reverse("crm_segment:inspect", args=[instance.pk]))
    return None


def new_static_button(user: Any) -> list[Button]:
    """Beside the button that adds a segment by rules."""
    if not (may(user, "add") and may_look(user, Member)):
        return []
    url = reverse("crm_segment_static")
    return [Button(_("New static segment"), url=url, icon_name="list-ul", priority=10)]
