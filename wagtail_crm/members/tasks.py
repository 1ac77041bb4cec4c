"""Celery entry points."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from wagtail_crm.conf import crm_settings

from . import actions


@shared_task
def forget_unconfirmed() -> int:
    days = timedelta(days=crm_settings.registration_retention_days)
    return actions.forget_unconfirmed(before=timezone.now() - days)
