import time

import pytest
from django.core.cache import caches

from wagtail_crm.tracking.cache import RedisCache


@pytest.fixture
def dead():
    return RedisCache("redis://127.0.0.1:1/0", {})


def test_it_caches():
    cache = caches["default"]
    cache.set("a", [1])
    cache.set_many({"b": 2, "c": None})
    assert cache.add("a", 3) is False
    assert (cache.get("a"), cache.get("x", 7), cache.get("c", 7)) == ([1], 7, None)
    assert cache.get_many(["a", "b", "x"]) == {"a": [1], "b": 2}
    assert (cache.incr("b", 2), cache.has_key("b"), cache.delete("b")) == (4, True, True)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("x")


def test_without_redis_nothing_is_cached(dead):
    dead.set("a", 1)
    dead.set_many({"a": 1})
    dead.delete_many(["a"])
    assert (dead.get("a"), dead.get("a", 7), dead.get_many(["a"])) == (None, 7, {})
    assert (dead.add("a", 1), dead.touch("a"), dead.delete("a")) == (False, False, False)
    assert (dead.has_key("a"), dead.clear()) == (False, False)
    assert dead.get_or_set("a", 5) == 5
    with pytest.raises(ValueError, match="not found"):
        dead.incr("a")


def test_without_redis_nobody_waits(dead):
    dead.get("a")
    started = time.perf_counter()
    for _ in range(100):
        dead.get("a")
    assert time.perf_counter() - started < 0.1
