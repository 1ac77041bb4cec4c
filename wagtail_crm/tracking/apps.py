from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TrackingConfig(AppConfig):
    name = "wagtail_crm.tracking"
    label = "wagtail_crm_tracking"
    verbose_name = _("Tracking")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import receivers  # noqa: F401, PLC0415  # models are ready only now
        from .partitions import create_after_migrate  # noqa: PLC0415

        post_migrate.connect(create_after_migrate, sender=self)
