"""How psycopg sends an array that is encoded already."""

from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format


class ArrayDumper(Dumper):
    """As it is, and the cast in the statement says of what type."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: bytes) -> Buffer:
        return bytes(obj)
