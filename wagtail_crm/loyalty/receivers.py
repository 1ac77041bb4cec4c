"""Points follow what members do."""

from typing import Any

from django.dispatch import receiver

from wagtail_crm.members.models import Member
from wagtail_crm.members.signals import member_withdrawn
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.signals import events_recorded, visitor_judged, visitor_linked

from . import actions


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
