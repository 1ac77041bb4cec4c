from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import Menu, SubmenuMenuItem

from .viewsets import MENU_HOOK, SETTINGS_MENU_HOOK, CrmDeleteBulkAction

crm_menu = Menu(register_hook_name=MENU_HOOK)
settings_menu = Menu(register_hook_name=SETTINGS_MENU_HOOK)

# After Wagtail's own, which it replaces; a room that has its own way to delete comes later.
hooks.register("register_bulk_action", CrmDeleteBulkAction, order=50)


@hooks.register("register_admin_menu_item")
def register_crm_menu() -> SubmenuMenuItem:
    return SubmenuMenuItem(_("CRM"), crm_menu, name="crm", icon_name="group", order=150)


@hooks.register(MENU_HOOK)
def register_crm_settings_menu() -> SubmenuMenuItem:
    return SubmenuMenuItem(
        _("Settings"), settings_menu, name="crm-settings", icon_name="cogs", order=900
    )
