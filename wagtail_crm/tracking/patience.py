"""Not letting a question to the database run longer than somebody waits for the answer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connections, router, transaction

from wagtail_crm.members.models import Member

from . import sql

# PostgreSQL cancelled the statement (SQLSTATE, appendix A of its manual).
CANCELLED = "57014"
# SQLite asks after so many steps of its machine whether to go on.
STEPS = 10_000


class TookTooLong(Exception):
    """The question was cut off; nothing is known of the answer."""


@contextmanager
def no_longer_than(seconds: float, asker: str = "") -> Iterator[None]:
    """Cut off each question about members that takes longer. Raises ``TookTooLong``.

    A question that the same ``asker`` is still waiting for is cut off too (on PostgreSQL, which
    knows them by this name, of at most 60 letters).
    """
    using = router.db_for_read(Member)
    connection = connections[using]
    limit = _limit_postgresql if connection.vendor == "postgresql" else _limit_sqlite
    try:
        with transaction.atomic(using), limit(connection, seconds, asker):
            yield
    except OperationalError as error:
        if not _was_cut_off(error):
            raise
        raise TookTooLong from error


def _was_cut_off(error: OperationalError) -> bool:
    cause = error.__cause__
    return getattr(cause, "sqlstate", "") == CANCELLED or str(cause) == "interrupted"


@contextmanager
def _limit_postgresql(connection: Any, seconds: float, asker: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        if asker:
            cursor.execute(sql.CANCEL_ASKED, [asker])
            cursor.execute(sql.SET_ASKER, [asker])
        cursor.execute(sql.SHOW_TIMEOUT)
        before = cursor.fetchone()[0]
        cursor.execute(sql.SET_TIMEOUT, [f"{int(seconds * 1000)}ms"])
        yield
        # Where something failed, rolling back has the same effect.
        cursor.execute(sql.SET_TIMEOUT, [before])


@contextmanager
def _limit_sqlite(connection: Any, seconds: float, asker: str) -> Iterator[None]:
    end = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)
