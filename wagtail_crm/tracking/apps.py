from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrackingConfig(AppConfig):
    name = "wagtail_crm.tracking"
    label = "wagtail_crm_tracking"
    verbose_name = _("Tracking")
    default_auto_field = "django.db.models.BigAutoField"
