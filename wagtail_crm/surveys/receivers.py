"""Segments whose rules name a survey follow what it asks."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver
from wagtail.signals import page_published

from wagtail_crm.segments import tasks
from wagtail_crm.segments.actions import follow_named_object

from .pages import SurveyPageMixin


@receiver(page_published)
def follow_changed_questions(instance: Any, **kwargs: Any) -> None:
    if isinstance(instance, SurveyPageMixin) and follow_named_object(thing=instance):
        transaction.on_commit(tasks.count_waiting, robust=True)
