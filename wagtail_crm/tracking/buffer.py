"""Events on their way to the log: a Redis stream, read by one consumer group.

Delivery is at least once: a message is acknowledged after its transaction has committed, and
what a dead worker had claimed is claimed again by another one.
"""

import functools
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from wagtail_crm.conf import crm_settings

from .events import NewEvent

STREAM = "crm:events"
GROUP = "ingest"
WAKE = "crm:ingest:wake"
# A worker that holds messages for longer than this, in milliseconds, is taken for dead.
CLAIM_AFTER = 60_000
# Seconds for which a Redis that failed is not asked again, so that no page waits for it.
REST_AFTER_FAILURE = 5.0
# Seconds after which a wake-up call that no worker answered is made again.
WAKE_AGAIN = 30

Message = tuple[bytes, bytes]


class BufferUnavailable(Exception):
    """There is no Redis, it does not answer, or the stream is full: write directly."""


class Breaker:
    """Remembers for a few seconds that Redis failed."""

    def __init__(self) -> None:
        self._until = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._until

    def trip(self) -> None:
        with self._lock:
            self._until = time.monotonic() + REST_AFTER_FAILURE

    def reset(self) -> None:
        self._until = 0.0


breaker = Breaker()


@functools.lru_cache(maxsize=4)
def _connect(url: str, timeout: float) -> "redis.Redis[bytes]":
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 1),
    )


def _client() -> Any:
    url = crm_settings.redis_url
    if url is None:
        raise BufferUnavailable("no Redis is configured")
    return _connect(url, crm_settings.redis_timeout)


def push(events: Sequence[NewEvent]) -> bool:
    """Append ``events`` in one round trip; True when a worker should be woken.

    Raises ``BufferUnavailable``; nothing is lost then, the caller still has the events.
    """
    if breaker.is_open:
        raise BufferUnavailable("Redis failed a moment ago")
    try:
        pipeline = _client().pipeline(transaction=False)
        for event in events:
            pipeline.execute_command("XADD", STREAM, "*", b"e", event.to_json())
        pipeline.execute_command("XLEN", STREAM)
        pipeline.execute_command("SET", WAKE, b"1", "NX", "EX", WAKE_AGAIN)
        *_ids, length, woke = pipeline.execute()
    except redis.RedisError as error:
        breaker.trip()
        raise BufferUnavailable(str(error)) from error
    if length > crm_settings.stream_max_length:
        breaker.trip()
    return bool(woke)


def batches() -> Iterator[list[Message]]:
    """Everything that waits, in batches of at most ``INGEST_BATCH_SIZE`` messages.

    First what dead workers left behind, then what is new. Call :func:`acknowledge` for each
    batch that was dealt with; whatever is not acknowledged will be delivered again.
    """
    client = _client()
    client.delete(WAKE)
    _ensure_group(client)
    consumer = f"{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}"
    size = crm_settings.ingest_batch_size
    yield from _abandoned(client, consumer, size)
    while reply := client.xreadgroup(GROUP, consumer, {STREAM: ">"}, count=size):
        yield [(key, fields[b"e"]) for key, fields in reply[0][1]]


def _abandoned(client: Any, consumer: str, size: int) -> Iterator[list[Message]]:
    start: Any = "0-0"
    while True:
        start, entries, *_deleted = client.xautoclaim(
            STREAM, GROUP, consumer, CLAIM_AFTER, start, count=size
        )
        if entries:
            yield [(key, fields[b"e"]) for key, fields in entries if fields]
        if start in (b"0-0", "0-0"):
            return


def acknowledge(messages: Sequence[Message]) -> None:
    """Take the batch off the stream; it is written."""
    keys = [key for key, _payload in messages]
    pipeline = _client().pipeline(transaction=False)
    pipeline.xack(STREAM, GROUP, *keys)
    pipeline.xdel(STREAM, *keys)
    pipeline.execute()


def _ensure_group(client: Any) -> None:
    try:
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


def length() -> int:
    """Events that wait. Raises ``BufferUnavailable``."""
    try:
        return int(_client().xlen(STREAM))
    except redis.RedisError as error:
        raise BufferUnavailable(str(error)) from error
