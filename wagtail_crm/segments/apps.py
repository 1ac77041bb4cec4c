from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class SegmentsConfig(AppConfig):
    name = "wagtail_crm.segments"
    label = "wagtail_crm_segments"
    verbose_name = _("Segments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import receivers  # noqa: F401, PLC0415  # models are ready only now
        from .checks import check_run_settings  # noqa: PLC0415

        register(check_run_settings)
