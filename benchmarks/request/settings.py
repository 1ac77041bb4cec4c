"""One portal, three ways: ``BENCH_VARIANT`` is bare, crm or peer."""

import os

import dj_database_url

VARIANT = os.environ["BENCH_VARIANT"]
REDIS_URL = os.environ["REDIS_URL"]

SECRET_KEY = "only-for-measuring"
DEBUG = False
ALLOWED_HOSTS = ["portal.example"]
ROOT_URLCONF = "benchmarks.request.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "benchmarks.portal",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=None)}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
TIME_ZONE = "Asia/Tokyo"
WAGTAIL_SITE_NAME = "Portal"
WAGTAILADMIN_BASE_URL = "http://portal.example"
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "ERROR"}}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

if VARIANT == "crm":
    INSTALLED_APPS += [
        "wagtail_crm",
        "wagtail_crm.members",
        "wagtail_crm.tracking",
        "wagtail_crm.segments",
        "wagtail_crm.personalize",
        "allauth",
        "allauth.account",
    ]
    after = MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware") + 1
    MIDDLEWARE[after:after] = [
        "wagtail_crm.tracking.middleware.CrmMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ]
    # In addition, so that nothing that the bare page also asks is asked in another way.
    CACHES["crm"] = {"BACKEND": "wagtail_crm.tracking.cache.RedisCache", "LOCATION": REDIS_URL}
    WAGTAIL_CRM = {"REDIS_URL": REDIS_URL, "CACHE_ALIAS": "crm"}
    CELERY_BROKER_URL = REDIS_URL

if VARIANT == "peer":
    INSTALLED_APPS += ["wagtail_personalisation", "wagtail_modeladmin", "wagtailfontawesomesvg"]
