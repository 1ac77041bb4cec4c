"""Months of the event log as PostgreSQL partitions."""

import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import connections, router, transaction
from django.utils import timezone

from .models import Event

MONTHS_AHEAD = 3

# Moves rows that fell into the default partition out of the way of the new one, attaches it,
# and puts them back; DDL is transactional, so readers never see them missing.
CREATE = """
CREATE TEMPORARY TABLE crm_moved ON COMMIT DROP AS
    SELECT * FROM wagtail_crm_tracking_event_other WHERE at >= '{start}' AND at < '{end}';
DELETE FROM wagtail_crm_tracking_event_other WHERE at >= '{start}' AND at < '{end}';
CREATE TABLE {name} PARTITION OF wagtail_crm_tracking_event
    FOR VALUES FROM ('{start}') TO ('{end}');
INSERT INTO wagtail_crm_tracking_event SELECT * FROM crm_moved;
DROP TABLE crm_moved;
"""
EXISTING = "SELECT 1 FROM pg_class WHERE relname = %s"


def create_ahead(months: int = MONTHS_AHEAD) -> list[str]:
    """Create the partitions of this month and the next ``months``; nothing on other databases."""
    this_month = timezone.now().astimezone(datetime.UTC).date().replace(day=1)
    starts = [this_month + relativedelta(months=ahead) for ahead in range(months + 1)]
    return [name for start in starts if (name := create_month(start))]


def create_month(start: datetime.date) -> str | None:
    """Create the partition of the month beginning at ``start`` (UTC); None if it exists."""
    connection = connections[router.db_for_write(Event)]
    if connection.vendor != "postgresql":
        return None
    name = f"wagtail_crm_tracking_event_{start:%Y_%m}"
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(EXISTING, [name])
        if cursor.fetchone():
            return None
        end = start + relativedelta(months=1)
        cursor.execute(CREATE.format(name=name, start=f"{start}T00:00:00Z", end=f"{end}T00:00:00Z"))
    return name


def create_after_migrate(**kwargs: Any) -> None:
    """Receiver of ``post_migrate``: a new database starts with its partitions."""
    create_ahead()
