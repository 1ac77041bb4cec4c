"""A Redis cache that is only a cache: when Redis is away, nothing is cached.

For ``CACHES``. Django's own backend raises where Redis does not answer, and redis-py tries again
for seconds before; Wagtail reads the default cache on every page, so every page would fail.
"""

import functools
import logging
from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends import redis as django_redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from wagtail_crm.conf import crm_settings

from .breaker import Breaker

logger = logging.getLogger(__name__)
_MISSING = object()


def _or(nothing: Any) -> Callable[[Any], Any]:
    """Let a method answer ``nothing`` while Redis is away."""

    def decorate(method: Any) -> Any:
        @functools.wraps(method)
        def ask(self: "Client", *args: Any, **kwargs: Any) -> Any:
            if self.breaker.is_open:
                return nothing
            try:
                return method(self, *args, **kwargs)
            except redis.RedisError as error:
                self.breaker.trip()
                logger.error("The cache does not answer: %s", error)
                return nothing

        return ask

    return decorate


@functools.cache
def _breaker_of(servers: tuple[str, ...]) -> Breaker:
    """One for all threads of the process."""
    return Breaker()


class Client(django_redis.RedisCacheClient):
    """What Django's cache asks Redis with; answers as if nothing were there when it is away."""

    def __init__(self, servers: Any, **options: Any) -> None:
        timeout = crm_settings.redis_timeout
        options.setdefault("socket_timeout", timeout)
        options.setdefault("socket_connect_timeout", timeout)
        # Once more only for a connection that Redis closed while it was idle.
        again = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
        options.setdefault("retry", again)
        super().__init__(servers, **options)
        self.breaker = _breaker_of(tuple(servers))
        self._clients: dict[Any, redis.Redis] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Kept, where Django makes one per call: that costs more than asking Redis."""
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]
        if pool not in self._clients:
            self._clients[pool] = redis.Redis(connection_pool=pool)
        return self._clients[pool]

    add = _or(False)(django_redis.RedisCacheClient.add)
    set = _or(None)(django_redis.RedisCacheClient.set)
    touch = _or(False)(django_redis.RedisCacheClient.touch)
    delete = _or(False)(django_redis.RedisCacheClient.delete)
    has_key = _or(False)(django_redis.RedisCacheClient.has_key)
    set_many = _or(None)(django_redis.RedisCacheClient.set_many)
    delete_many = _or(None)(django_redis.RedisCacheClient.delete_many)
    clear = _or(False)(django_redis.RedisCacheClient.clear)

    def get(self, key: Any, default: Any) -> Any:
        found = self._get(key, _MISSING)
        return default if found is _MISSING else found

    def get_many(self, keys: Any) -> dict[Any, Any]:
        return self._get_many(keys) or {}

    def incr(self, key: Any, delta: int) -> int:
        """Raises ``ValueError`` for a key that is not there, as Django's contract says."""
        count = self._incr(key, delta)
        if count is None:
            raise ValueError(f"Key '{key}' not found.")
        return count

    _get = _or(_MISSING)(django_redis.RedisCacheClient.get)
    _get_many = _or(None)(django_redis.RedisCacheClient.get_many)
    _incr = _or(None)(django_redis.RedisCacheClient.incr)


class RedisCache(django_redis.RedisCache):
    """``{"BACKEND": "wagtail_crm.tracking.cache.RedisCache", "LOCATION": "redis://…"}``."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
