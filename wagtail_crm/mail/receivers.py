"""Segments whose rules name a campaign follow when it goes."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from wagtail_crm.segments import tasks
from wagtail_crm.segments.actions import follow_named_object

from .models import Campaign


@receiver(post_delete, sender=Campaign)
def follow_deleted_campaign(instance: Campaign, **kwargs: Any) -> None:
    if follow_named_object(thing=instance):
        transaction.on_commit(tasks.count_waiting, robust=True)
