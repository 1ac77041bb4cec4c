from typing import ClassVar

from django.conf import settings
from django.db import models
from wagtail.fields import StreamField
from wagtail.models import Page

from .blocks import Body

TEMPLATES = {"bare": "portal/page.html", "crm": "portal/crm.html", "peer": "portal/peer.html"}


class PortalPage(Page):
    intro = models.TextField(blank=True)
    body = StreamField(Body())

    template = TEMPLATES[settings.VARIANT]
    parent_page_types: ClassVar = None
