from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    name = "wagtail_crm.mail"
    label = "wagtail_crm_mail"
    verbose_name = _("Mail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import receivers  # noqa: F401, PLC0415  # models are ready only now
        from .checks import check_mail_settings  # noqa: PLC0415

        register(check_mail_settings)
