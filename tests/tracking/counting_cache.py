"""The Redis cache of the package, keeping a list of what it was asked."""

from wagtail_crm.tracking.cache import RedisCache

calls = []


class CountingRedisCache(RedisCache):
    def get(self, key, default=None, version=None):
        calls.append(f"get {key}")
        return super().get(key, default, version)

    def get_many(self, keys, version=None):
        calls.append(f"get_many {keys}")
        return super().get_many(keys, version)

    def add(self, key, value, timeout=300, version=None):
        calls.append(f"add {key}")
        return super().add(key, value, timeout, version)

    def set(self, key, value, timeout=300, version=None):
        calls.append(f"set {key}")
        return super().set(key, value, timeout, version)

    def set_many(self, data, timeout=300, version=None):
        calls.append(f"set_many {sorted(data)}")
        return super().set_many(data, timeout, version)
