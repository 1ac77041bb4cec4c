"""Events on their way to the log: a Redis stream, read by one consumer group.

Delivery is at least once: a message is taken off after its transaction has committed, and what
a dead worker had claimed is claimed again by another one.
"""

import functools
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from wagtail_crm.conf import crm_settings

from .breaker import Breaker
from .events import NewEvent

STREAM = "crm:events"
FIELD = b"e"
GROUP = "ingest"
# One name for all workers: what belongs to whom is told by the age of the claim alone, and
# workers that come and go leave no names behind.
CONSUMER = "worker"
# Set while a worker has been called and while one listens: no page calls another one then.
WAKE = "crm:ingest:wake"
LISTENING = "crm:ingest:listening"
# A worker that holds messages for longer than this, in milliseconds, is taken for dead.
CLAIM_AFTER = 60_000
# Seconds after which a wake-up call that no worker answered is made again.
WAKE_AGAIN = 30
# Seconds after which a worker that listened and fell silent is followed by another one.
LEASE = 15
# Seconds a worker may wait for Redis; it holds up nobody.
WORKER_TIMEOUT = 10.0

Message = tuple[bytes, bytes]


class BufferUnavailable(Exception):
    """There is no Redis, it does not answer, or the stream is full: write directly."""


breaker = Breaker()


@functools.lru_cache(maxsize=8)
def _connect(url: str, timeout: float) -> Any:
    # A connection that Redis closed while idle is opened again once; a Redis that does not
    # answer is not asked twice. Protocol 2, because replies of streams look different in 3.
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        protocol=2,
    )


def _client(timeout: float | None = None) -> Any:
    url = crm_settings.redis_url
    if url is None:
        raise BufferUnavailable("no Redis is configured")
    return _connect(url, timeout or crm_settings.redis_timeout)


# Appends events unless the stream is full. One command, so that a page waits for one answer and
# no crowd of pages can outgrow the limit together.
APPEND = f"""
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then
    return 'full'
end
for number = 2, #ARGV do
    redis.call('XADD', KEYS[1], '*', '{FIELD.decode()}', ARGV[number])
end
return redis.call('SET', KEYS[2], '1', 'NX', 'EX', {WAKE_AGAIN}) and 'wake' or 'awake'
"""


def push(events: Sequence[NewEvent]) -> bool:
    """Append ``events`` in one round trip; True when a worker should be woken.

    Raises ``BufferUnavailable``; nothing is lost then, the caller still has the events.
    """
    if breaker.is_open:
        raise BufferUnavailable("Redis failed a moment ago")
    payloads = [event.to_json() for event in events]
    try:
        append = _appender(_client())
        answer = append([STREAM, WAKE], [crm_settings.stream_max_length, *payloads])
    except redis.RedisError as error:
        breaker.trip()
        raise BufferUnavailable(str(error)) from error
    if answer == b"full":
        breaker.trip()
        raise BufferUnavailable("the stream is full")
    return bool(answer == b"wake")


@functools.lru_cache(maxsize=8)
def _appender(client: Any) -> Any:
    return client.register_script(APPEND)


def batches() -> Generator[list[Message], None, None]:
    """What waits, in batches of at most ``INGEST_BATCH_SIZE`` messages.

    First what dead workers left behind, then what is new. Call :func:`acknowledge` for each
    batch that was dealt with: whatever is not acknowledged will be delivered again.

    Raises ``BufferUnavailable``.
    """
    with _reading() as client:
        # Before the first look: whoever appends from now on calls somebody who looks later.
        client.delete(WAKE)
        yield from _abandoned(client)
        while messages := _unread(client):
            yield messages


def listen(*, linger: float, seconds: float) -> Generator[list[Message], None, None]:
    """Like :func:`batches`, for one worker at a time that stays for what comes.

    It stays until nothing came for ``linger`` seconds or ``seconds`` have passed, and meanwhile
    pages wake nobody. Afterwards ask :func:`call_worker`: whoever appended as this ended counts
    on it.
    """
    with _reading() as client:
        yield from _abandoned(client)
        if not client.set(LISTENING, b"1", nx=True, ex=LEASE):
            return
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end and (messages := _unread(client, linger)):
                yield messages
                client.set(LISTENING, b"1", ex=LEASE)
                client.set(WAKE, b"1", ex=WAKE_AGAIN)
            client.delete(WAKE)
        finally:
            client.delete(LISTENING)


@contextmanager
def _reading() -> Iterator[Any]:
    client = _client(WORKER_TIMEOUT)
    try:
        _ensure_group(client)
        yield client
    except redis.RedisError as error:
        raise BufferUnavailable(str(error)) from error


def _unread(client: Any, linger: float = 0) -> list[Message]:
    size, wait = crm_settings.ingest_batch_size, int(linger * 1000) or None
    reply = client.xreadgroup(GROUP, CONSUMER, {STREAM: ">"}, count=size, block=wait)
    return [(key, fields.get(FIELD, b"")) for key, fields in reply[0][1]] if reply else []


def _abandoned(client: Any) -> Iterator[list[Message]]:
    start: Any = "0-0"
    size = crm_settings.ingest_batch_size
    while True:
        start, entries, *_deleted = client.xautoclaim(
            STREAM, GROUP, CONSUMER, CLAIM_AFTER, start, count=size
        )
        # Redis before 7 reports claims on messages that are gone as nothing.
        if messages := [(key, fields.get(FIELD, b"")) for key, fields in entries if fields]:
            yield messages
        if start in (b"0-0", "0-0"):
            return


def acknowledge(messages: Sequence[Message]) -> None:
    """Take the batch off the stream; it is written. Raises ``BufferUnavailable``."""
    keys = [key for key, _payload in messages]
    try:
        pipeline = _client(WORKER_TIMEOUT).pipeline(transaction=True)
        pipeline.xack(STREAM, GROUP, *keys)
        pipeline.xdel(STREAM, *keys)
        pipeline.execute()
    except redis.RedisError as error:
        raise BufferUnavailable(str(error)) from error


def _ensure_group(client: Any) -> None:
    try:
        client.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


def length() -> int:
    """Events that wait or are being written. Raises ``BufferUnavailable``."""
    with _asking() as client:
        return int(client.xlen(STREAM))


def call_worker() -> bool:
    """Whether something waits and nobody has been called for it yet: the caller sends a worker."""
    with _asking() as client:
        return bool(client.xlen(STREAM) and client.set(WAKE, b"1", nx=True, ex=WAKE_AGAIN))


@contextmanager
def _asking() -> Iterator[Any]:
    try:
        yield _client()
    except redis.RedisError as error:
        raise BufferUnavailable(str(error)) from error
