"""Celery entry points."""

from celery import shared_task

from wagtail_crm.conf import crm_settings

from . import actions, partitions


@shared_task
def drain() -> int:
    """Write what waits in the buffer; returns the number of events."""
    return actions.drain_buffer() if crm_settings.redis_url else 0


@shared_task
def maintain_partitions() -> list[str]:
    """Create the partitions of the coming months; returns the names of the new ones."""
    return partitions.create_ahead()
