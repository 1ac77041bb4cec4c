"""A segment that changes its name, or goes, is not known by it any longer."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, pre_delete
from django.dispatch import receiver
from wagtail.signals import published, unpublished

from wagtail_crm.segments.models import Membership, Segment
from wagtail_crm.tracking import snapshots

from .names import segment_names

for fact in (published, unpublished, post_delete):
    fact.connect(segment_names.forget, sender=Segment)


@receiver(pre_delete, sender=Segment)
def forget_deleted_segment(instance: Segment, **kwargs: Any) -> None:
    """Members of a segment that goes see the default on their next page."""
    members = Membership.objects.filter(segment=instance, member__user__isnull=False)
    accounts = list(members.values_list("member__user_id", flat=True))
    if accounts:
        transaction.on_commit(partial(snapshots.forget, accounts))
