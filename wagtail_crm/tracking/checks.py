"""System checks of this room."""

from typing import Any

import redis
from django.core.checks import CheckMessage, Error

from wagtail_crm.conf import crm_settings


def check_redis_url(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E005``: an address of Redis that cannot be understood."""
    url = crm_settings.redis_url
    if url is None:
        return []
    try:
        redis.ConnectionPool.from_url(url)
    except (ValueError, TypeError, AttributeError) as error:
        return [
            Error(
                f"WAGTAIL_CRM['REDIS_URL'] is no address of a Redis: {error}",
                hint="Write it as redis://HOST:PORT/NUMBER, rediss://… or unix://PATH, "
                "or leave it out to work without Redis.",
                id="wagtail_crm.E005",
            )
        ]
    return []
