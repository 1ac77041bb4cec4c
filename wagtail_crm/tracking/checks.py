"""System checks of this room."""

import datetime
import re
from typing import Any

import redis
from celery import current_app
from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError, connections, router
from django.utils import timezone

from wagtail_crm.conf import crm_settings

from .models import Event
from .upkeep import last_run

# No underscores: Django drops headers that have them, because a dash reads the same.
HEADER_NAME = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
# Upkeep is done once a day; twice missed is no accident.
OVERDUE = datetime.timedelta(days=2)


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


def check_country_header(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E006``: something else than the name of a header (RFC 9110 §5.1)."""
    header: Any = crm_settings.country_header
    if header is None or (isinstance(header, str) and HEADER_NAME.fullmatch(header)):
        return []
    return [
        Error(
            f"WAGTAIL_CRM['COUNTRY_HEADER'] is {header!r}.",
            hint="Write the header's name as the proxy sends it, e.g. 'CF-IPCountry'; "
            "no 'HTTP_' before it, no underscores, no colon.",
            id="wagtail_crm.E006",
        )
    ]


def check_retention(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E007``: times of retention that contradict each other, or are none."""
    events, totals = crm_settings.event_retention_days, crm_settings.total_retention_days
    anonymous = crm_settings.event_anonymise_days
    problems = []
    if min(days for days in (events, anonymous, totals) if days is not None) < 1:
        problems.append(("A retention is shorter than a day.", "Use at least 1."))
    if totals is not None and totals < events:
        problems.append(
            (
                f"WAGTAIL_CRM['TOTAL_RETENTION_DAYS'] is {totals}, but events stay {events} days.",
                "Totals add up events: keep them at least EVENT_RETENTION_DAYS.",
            )
        )
    if anonymous is not None and anonymous >= events:
        problems.append(
            (
                f"WAGTAIL_CRM['EVENT_ANONYMISE_DAYS'] is {anonymous}, but no event gets so old.",
                "Make it less than EVENT_RETENTION_DAYS.",
            )
        )
    return [Error(text, hint=hint, id="wagtail_crm.E007") for text, hint in problems]


def check_psycopg(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E032``: a driver that cannot send the arrays of ``arrays.py``."""
    if connections[router.db_for_write(Event)].vendor != "postgresql":
        return []
    # Loaded with the backend; without PostgreSQL it need not be installed.
    from django.db.backends.postgresql.psycopg_any import is_psycopg3  # noqa: PLC0415

    if is_psycopg3:
        return []
    return [
        Error(
            "wagtail-crm needs psycopg 3 on PostgreSQL, and Django uses psycopg2 here.",
            hint="Install wagtail-crm[postgresql], or psycopg[binary]: Django then prefers it.",
            id="wagtail_crm.E032",
        )
    ]


def check_upkeep_is_scheduled(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.W030``: workers run, but beat does not know of the upkeep.

    Of a schedule in the database (django-celery-beat) only :func:`check_upkeep_was_done` knows.
    """
    if not crm_settings.use_workers or apps.is_installed("django_celery_beat"):
        return []
    current_app.finalize()
    schedule = current_app.conf.beat_schedule or {}
    if "wagtail_crm.tracking.tasks.maintain" in {entry["task"] for entry in schedule.values()}:
        return []
    return [
        Warning(
            "Nobody looks after the event log: its retention and its months are not scheduled.",
            hint="Add wagtail_crm.jobs.beat_schedule() to Celery's beat_schedule, and import the "
            "Celery app in your project's __init__.py.",
            id="wagtail_crm.W030",
        )
    ]


def check_upkeep_was_done(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.W031``, with ``--deploy``: upkeep was not done lately, by whichever way."""
    try:
        last = last_run()
    except DatabaseError:  # not there yet, or not migrated
        return []
    if last is not None and timezone.now() - last < OVERDUE:
        return []
    when = "never" if last is None else f"last on {timezone.localtime(last):%Y-%m-%d at %H:%M}"
    return [
        Warning(
            f"Upkeep of the event log was done {when}: retention is not kept.",
            hint="Run Celery's beat, or `manage.py crm_run` from cron every minute, or "
            "`manage.py crm_maintain` once a day.",
            id="wagtail_crm.W031",
        )
    ]
