"""What every CRM screen in the Wagtail admin has in common."""

from typing import Any

from wagtail.snippets.views.snippets import SnippetViewSet

MENU_HOOK = "register_crm_menu_item"


class CrmViewSet(SnippetViewSet):
    """A listing under the CRM menu.

    Snippets rather than plain model viewsets: Wagtail 8 gives them bulk actions, choosers,
    usage and history, which members, segments and campaigns all need. ``copy_view_enabled``
    is off because a copied person or mail is rarely meant; a room turns it on where it is.
    """

    menu_hook = MENU_HOOK
    inspect_view_enabled = True
    copy_view_enabled = False
    list_per_page = 50

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        name = self.model._meta.model_name
        self.admin_url_namespace = self.admin_url_namespace or f"crm_{name}"
        self.base_url_path = self.base_url_path or f"crm/{name}"
