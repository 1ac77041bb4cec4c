"""Months of the event log as PostgreSQL partitions."""

import datetime
import logging
from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import OperationalError, connections, router, transaction
from django.utils import timezone

from .models import Event

logger = logging.getLogger(__name__)

MONTHS_AHEAD = 3
TABLE = "wagtail_crm_tracking_event"
OTHER = f"{TABLE}_other"

# One maker at a time; whoever reads or writes the log meanwhile does not notice. Waiting for a
# long query would hold up everybody behind us: rather give up, and try again on the next run.
BEGIN = f"""
SET LOCAL lock_timeout = '5s';
LOCK TABLE {TABLE} IN SHARE UPDATE EXCLUSIVE MODE;
"""
EXISTS = "SELECT to_regclass(%s) IS NOT NULL"
# Rows that fell into the default partition move into the month before it is attached.
CREATE = """
LOCK TABLE {other} IN ACCESS EXCLUSIVE MODE;
CREATE TABLE {name} (LIKE {table} INCLUDING ALL);
INSERT INTO {name} SELECT * FROM {other} WHERE at >= '{start}' AND at < '{end}';
DELETE FROM {other} WHERE at >= '{start}' AND at < '{end}';
ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}');
"""
DROP = "DROP TABLE {name}"
# Those of which a partition's name can tell the year. What is dated "never" stays where it is.
STRAY_MONTHS = f"""
SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC')::date FROM {OTHER}
WHERE at >= '1000-01-01Z' AND at < '9999-01-01Z'
"""  # noqa: S608  # no input
MONTHS = """
SELECT child.relname FROM pg_inherits
JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = to_regclass(%s) AND child.relname ~ '_[0-9]{4}_[0-9]{2}$'
ORDER BY 1
"""


def month_of(moment: datetime.datetime) -> datetime.date:
    """The first day, in UTC, of the month whose partition holds ``moment``."""
    return moment.astimezone(datetime.UTC).date().replace(day=1)


def create_ahead(months: int = MONTHS_AHEAD) -> list[str]:
    """Create the partitions of this month and the next ``months``; nothing on other databases.

    And those of past months whose rows an import left in the default partition.
    """
    return create_months(_wanted(months))


def missing_ahead(months: int = MONTHS_AHEAD) -> list[str]:
    """The names of the partitions that :func:`create_ahead` would create."""
    if not is_partitioned():
        return []
    names = [_name_of(start) for start in sorted(_wanted(months))]
    return [name for name in names if not _exists(name)]


def _wanted(months: int) -> set[datetime.date]:
    this_month = month_of(timezone.now())
    starts = {this_month + relativedelta(months=ahead) for ahead in range(months + 1)}
    return starts | _stray_months()


def _name_of(start: datetime.date) -> str:
    return f"{TABLE}_{start:%Y_%m}"


def _exists(name: str) -> bool:
    with _connection().cursor() as cursor:
        cursor.execute(EXISTS, [name])
        return bool(cursor.fetchone()[0])


def create_months(starts: Iterable[datetime.date]) -> list[str]:
    """Create the partitions of these months; returns the names of those that were missing."""
    return [name for start in sorted(starts) if (name := create_month(start))]


def create_month(start: datetime.date) -> str | None:
    """Create the partition of the month beginning at ``start`` (UTC); None if it exists."""
    if not is_partitioned():
        return None
    name, end = _name_of(start), start + relativedelta(months=1)
    bounds = {"start": f"{start}T00:00:00Z", "end": f"{end}T00:00:00Z"}
    try:
        with transaction.atomic(using=_connection().alias), _connection().cursor() as cursor:
            cursor.execute(BEGIN)
            cursor.execute(EXISTS, [name])
            if cursor.fetchone()[0]:
                return None
            cursor.execute(CREATE.format(name=name, table=TABLE, other=OTHER, **bounds))
    except OperationalError as error:
        logger.warning("Partition %s was not created: %s", name, error)
        return None
    return name


def drop_before(moment: datetime.datetime) -> list[str]:
    """Drop the partitions of months that ended before ``moment``; returns their names.

    Oldest first, up to one that somebody reads: who reads the log mostly reads all of it.
    """
    return list(takewhile(_drop, ended_before(moment)))


def ended_before(moment: datetime.datetime) -> list[str]:
    """The names of the partitions of months that ended before ``moment``, oldest first."""
    if not is_partitioned():
        return []
    last = _name_of(month_of(moment))
    with _connection().cursor() as cursor:
        cursor.execute(MONTHS, [TABLE])
        return [name for (name,) in cursor.fetchall() if name < last]


def _drop(name: str) -> bool:
    try:
        with transaction.atomic(using=_connection().alias), _connection().cursor() as cursor:
            cursor.execute(BEGIN)
            cursor.execute(DROP.format(name=name))
    except OperationalError as error:
        logger.warning("Partition %s was not dropped: %s", name, error)
        return False
    return True


def is_partitioned() -> bool:
    """Whether the log is there and in partitions: on PostgreSQL, once migrated."""
    connection = _connection()
    if connection.vendor != "postgresql":
        return False
    return _exists(OTHER)


def create_after_migrate(using: str, **kwargs: Any) -> None:
    """Receiver of ``post_migrate``: a new database starts with its partitions."""
    if using == _connection().alias:
        create_ahead()


def _stray_months() -> set[datetime.date]:
    if not is_partitioned():
        return set()
    with _connection().cursor() as cursor:
        cursor.execute(STRAY_MONTHS)
        return {start for (start,) in cursor.fetchall()}


def _connection() -> Any:
    return connections[router.db_for_write(Event)]
