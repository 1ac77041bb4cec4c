"""A segment that changes its name, or goes, is not looked up by its old one."""

from django.db.models.signals import post_delete
from wagtail.signals import published, unpublished

from wagtail_crm.segments.models import Segment

from .names import segment_names

for fact in (published, unpublished, post_delete):
    fact.connect(segment_names.forget, sender=Segment)
