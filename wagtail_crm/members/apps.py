from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "wagtail_crm.members"
    label = "wagtail_crm_members"
    verbose_name = _("Members")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import receivers  # noqa: F401, PLC0415  # models are ready only now
        from .checks import check_accounts, check_landing, check_signup_address  # noqa: PLC0415
        from .personal_data import check_personal_data  # noqa: PLC0415

        register(check_accounts)
        register(check_landing)
        register(check_signup_address)
        register(check_personal_data)
