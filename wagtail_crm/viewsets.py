"""What every CRM screen in the Wagtail admin has in common."""

from django.utils.functional import cached_property
from wagtail.snippets.views.snippets import SnippetViewSet

MENU_HOOK = "register_crm_menu_item"
SETTINGS_MENU_HOOK = "register_crm_settings_menu_item"


class CrmViewSet(SnippetViewSet):
    """A listing under the CRM menu, at ``/admin/crm/<model>/`` with URL names ``crm_<model>:…``.

    Snippets rather than plain model viewsets: Wagtail 8 gives them bulk actions, choosers,
    usage and history, which members, segments and campaigns all need. Copying is off because a
    copied person or mail is rarely meant; a room turns it on where it is.
    """

    menu_hook = MENU_HOOK
    inspect_view_enabled = True
    copy_view_enabled = False
    list_per_page = 50

    @cached_property
    def url_prefix(self) -> str:
        return f"crm/{self.model_name}"

    @cached_property
    def url_namespace(self) -> str:
        return f"crm_{self.model_name}"
