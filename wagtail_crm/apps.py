from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _

from .checks import (
    check_middleware,
    check_setting_names,
    check_setting_values,
    check_time_zones,
)


class WagtailCrmConfig(AppConfig):
    name = "wagtail_crm"
    label = "wagtail_crm"
    verbose_name = _("CRM")

    def ready(self) -> None:
        register(check_setting_names)
        register(check_setting_values)
        register(check_middleware)
        register(check_time_zones)
