from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class LoyaltyConfig(AppConfig):
    name = "wagtail_crm.loyalty"
    label = "wagtail_crm_loyalty"
    verbose_name = _("Points")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import receivers  # noqa: F401, PLC0415  # models are ready only now
        from .checks import check_rank_months  # noqa: PLC0415

        register(check_rank_months)
