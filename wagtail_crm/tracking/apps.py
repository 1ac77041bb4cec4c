from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TrackingConfig(AppConfig):
    name = "wagtail_crm.tracking"
    label = "wagtail_crm_tracking"
    verbose_name = _("Tracking")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, receivers  # noqa: F401, PLC0415  # models are ready only now
        from .documents import watch_documents  # noqa: PLC0415
        from .form_pages import watch_submissions  # noqa: PLC0415
        from .partitions import create_after_migrate  # noqa: PLC0415

        watch_documents()
        watch_submissions()
        register(checks.check_redis_url)
        register(checks.check_country_header)
        register(checks.check_retention)
        register(checks.check_psycopg)
        register(checks.check_upkeep_is_scheduled)
        register(checks.check_upkeep_was_done, deploy=True)
        post_migrate.connect(create_after_migrate, sender=self)
