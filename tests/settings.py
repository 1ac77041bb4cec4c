"""The example site under test: fast passwords, mail in memory, tasks run at once."""

from tests.services import redis_url, start_services

start_services()

from example.settings import *  # noqa: E402, F403  # reads DATABASE_URL
from example.settings import DATABASES, MIDDLEWARE, WAGTAIL_CRM  # noqa: E402

DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DATABASES["default"]["CONN_MAX_AGE"] = 0

REDIS_URL = redis_url()
CACHES = {"default": {"BACKEND": "wagtail_crm.tracking.cache.RedisCache", "LOCATION": REDIS_URL}}
WAGTAIL_CRM = WAGTAIL_CRM | {"REDIS_URL": REDIS_URL}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True

WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
