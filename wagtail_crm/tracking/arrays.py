"""Columns on their way to PostgreSQL: arrays in the server's own binary format.

It reads them in a fifth of the time that JSON takes it, and they are made in half the time that
the driver takes for lists. Placeholders of arrays are ``%b`` and need a cast that names the type.
"""

import datetime
import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat
from typing import Any
from uuid import UUID

# Numbers of element types, from PostgreSQL's catalogue pg_type; they never change.
BOOL, BIGINT, TEXT, TIMESTAMPTZ, UUID_TYPE, JSONB = 16, 20, 25, 1184, 2950, 3802
NULL = b"\xff\xff\xff\xff"
EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
MICROSECOND = datetime.timedelta(microseconds=1)


class Array(bytes):
    """One dimension, as ``array_recv`` of PostgreSQL reads it."""


def integers(numbers: Sequence[int]) -> Array:
    """bigint[]. Raises ``ValueError`` for what is too large."""
    return _of_one_size(BIGINT, "q", numbers)


def booleans(answers: Sequence[bool]) -> Array:
    """boolean[]"""
    return _of_one_size(BOOL, "?", answers)


def moments(times: Sequence[datetime.datetime]) -> Array:
    """timestamptz[], of moments with a time zone."""
    return _of_one_size(TIMESTAMPTZ, "q", [(time - EPOCH) // MICROSECOND for time in times])


def texts(values: Iterable[object]) -> Array:
    """text[]: of whatever is not None the text that it is, e.g. of a constant its value."""
    return _of_any_size(TEXT, _text, values)


def documents(texts: Iterable[str]) -> Array:
    """jsonb[], of JSON."""
    return _of_any_size(JSONB, _document, texts)


def uuids(keys: Iterable[UUID | None]) -> Array:
    """uuid[]"""
    return _of_any_size(UUID_TYPE, _uuid, keys)


def optional_integers(numbers: Iterable[int | None]) -> Array:
    """bigint[], with nulls. Raises ``ArithmeticError`` for what is too large."""
    return _of_any_size(BIGINT, _integer, numbers)


def _of_one_size(element: int, code: str, values: Sequence[Any]) -> Array:
    size = struct.calcsize(f">{code}")
    sized = chain.from_iterable(zip(repeat(size), values))
    try:
        body = struct.pack(">" + f"i{code}" * len(values), *sized)
    except struct.error as error:
        raise ValueError(str(error)) from error
    return Array(_head(element, len(values)) + body)


def _of_any_size(element: int, encode: Callable[[Any], bytes], values: Iterable[Any]) -> Array:
    parts = [NULL if value is None else encode(value) for value in values]
    return Array(_head(element, len(parts)) + b"".join(parts))


def _head(element: int, length: int) -> bytes:
    """Of one dimension that counts from 1; what is said of nulls is read by nobody."""
    return struct.pack(">iiiii", 1, 1, element, length, 1)


def _text(value: object) -> bytes:
    encoded = str(value).encode()
    return len(encoded).to_bytes(4) + encoded


def _document(text: str) -> bytes:
    encoded = b"\1" + text.encode()  # what comes is in the first and only version of jsonb
    return len(encoded).to_bytes(4) + encoded


def _uuid(key: UUID) -> bytes:
    return b"\0\0\0\x10" + key.bytes


def _integer(number: int) -> bytes:
    return b"\0\0\0\x08" + number.to_bytes(8, signed=True)


def array_cursor(connection: Any) -> Any:
    """Like ``connection.cursor()``, but parameters travel beside the statement, not within."""
    from psycopg import Cursor  # noqa: PLC0415  # there on PostgreSQL only

    from .array_dumper import ArrayDumper  # noqa: PLC0415  # likewise

    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = Cursor(connection.connection)
        cursor.adapters.register_dumper(Array, ArrayDumper)
        return connection._prepare_cursor(cursor)
