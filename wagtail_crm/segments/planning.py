"""How PostgreSQL is to answer questions about the whole list."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from . import sql


@contextmanager
def answered_as_sets(using: str) -> Iterator[None]:
    """Have what this block asks of a database answered by hashing sets. In a transaction.

    Of a dozen rules PostgreSQL expects that nobody matches them all, whatever the data. It would
    then look through every set of members again for each of the few it expects, which takes
    minutes when they are many.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(sql.AS_SETS)
        yield
        # Where something failed, rolling back has the same effect.
        cursor.execute(sql.AS_USUAL)
