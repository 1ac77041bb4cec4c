"""The example site as browser tests run it, in processes of its own."""

from example.settings import *  # noqa: F403
from example.settings import DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The database is made anew between tests.
DATABASES["default"]["CONN_MAX_AGE"] = 0
