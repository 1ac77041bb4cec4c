"""Points follow what members do; segments follow the ranks that they name."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from wagtail_crm.members.models import Member
from wagtail_crm.members.signals import member_changed, member_withdrawn
from wagtail_crm.segments import tasks
from wagtail_crm.segments.actions import follow_named_object
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.signals import events_recorded, visitor_judged, visitor_linked

from . import actions
from .models import Rank


@receiver(events_recorded)
def award_recorded_events(events: tuple[NewEvent, ...], **kwargs: Any) -> None:
    actions.award_points(events=events)


@receiver([visitor_linked, visitor_judged])
def award_linked_visitor(member_id: int, **kwargs: Any) -> None:
    if member_id:
        actions.award_missed_points(member_ids={member_id})


@receiver(member_withdrawn)
def end_points_of_withdrawn(member: Member, **kwargs: Any) -> None:
    actions.forfeit_points(member=member)


@receiver(member_changed)
def follow_status(member_ids: set[int], fields: set[str], **kwargs: Any) -> None:
    if "status" in fields:
        actions.settle_members(member_ids=member_ids)


@receiver([post_save, post_delete], sender=Rank)
def follow_rank(instance: Rank, **kwargs: Any) -> None:
    if follow_named_object(thing=instance):
        transaction.on_commit(tasks.count_waiting, robust=True)
