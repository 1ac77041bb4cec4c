"""Asking the screens of campaigns as a browser asks them."""

import re

from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from tests.members.factories import make_user


def url(name, campaign=None, **query):
    path = reverse(f"crm_campaign:{name}", args=[campaign.pk] if campaign else [])
    return path + (
        "?" + "&".join(f"{key}={value}" for key, value in query.items()) if query else ""
    )


def client_of(*permissions):
    user = make_user()
    wanted = ["access_admin", *permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    client.user = user
    return client


def text_of(response):
    html = response.content.decode()
    main = html[html.find("<main") :]
    return " ".join(
        re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", main)).split()
    )


def content_of(campaign, **changes):
    """The content form as the browser would send it: one heading; with ``changes``."""
    block = {
        "deleted": "",
        "order": 0,
        "type": "heading",
        "id": "",
        "value-text": "{{ name|客 }}様",
        "value-audience-segments-count": 0,
        "value-audience-match": "any",
        "value-audience-excluded-count": 0,
        "value-audience-starts": "",
        "value-audience-ends": "",
        "value-audience-share": 100,
    }
    fields = {
        name: getattr(campaign, name) for name in ("name", "subject", "preheader", "language")
    }
    return {
        **fields,
        "sender": campaign.sender_id or "",
        "body-count": 1,
        **{f"body-0-{name}": value for name, value in block.items()},
        **changes,
    }
