"""Membership follows what people do, who they are, and what editors publish."""

from typing import Any

from django.dispatch import receiver
from wagtail.signals import published, unpublished

from wagtail_crm.members.signals import member_changed, member_created
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.signals import events_recorded, visitor_linked

from . import actions
from .models import Segment


@receiver(events_recorded)
def follow_events(events: tuple[NewEvent, ...], **kwargs: Any) -> None:
    member_ids = {event.member_id for event in events if event.member_id}
    if member_ids:
        actions.refresh_members(member_ids=member_ids, kinds={event.kind for event in events})


@receiver(visitor_linked)
def follow_linked_visitor(member_id: int, kinds: set[str], **kwargs: Any) -> None:
    actions.refresh_members(member_ids={member_id}, kinds=kinds)


@receiver(member_changed)
def follow_changes(member_ids: set[int], fields: set[str], **kwargs: Any) -> None:
    actions.refresh_members(member_ids=member_ids, fields=fields)


@receiver(member_created)
def follow_new_member(member: Any, **kwargs: Any) -> None:
    fields = {"status", "email", "language", *(f"attributes.{key}" for key in member.attributes)}
    actions.refresh_members(member_ids={member.pk}, fields=fields)


@receiver(published, sender=Segment)
def count_published_segment(instance: Segment, **kwargs: Any) -> None:
    actions.refresh_segment(segment=instance)


@receiver(unpublished, sender=Segment)
def empty_unpublished_segment(instance: Segment, **kwargs: Any) -> None:
    actions.empty_segment(segment=instance)
