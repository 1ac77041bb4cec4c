"""What every CRM screen in the Wagtail admin has in common."""

import functools
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property, classproperty
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.permissions import policy_registry
from wagtail.snippets.bulk_actions.delete import DeleteBulkAction
from wagtail.snippets.models import get_snippet_models
from wagtail.snippets.views import snippets
from wagtail.snippets.views.chooser import SnippetChooserViewSet

from .chooser_widgets import CrmChooser

MENU_HOOK = "register_crm_menu_item"
SETTINGS_MENU_HOOK = "register_crm_settings_menu_item"

LISTING_MEDIA = forms.Media(css={"all": ["wagtail_crm/listing.css"]})

# Whoever may do one of these may know what there is.
LOOKING = ("add", "change", "delete", "view")


def may_look(user: Any, model: Any) -> bool:
    """Whether rows of ``model`` may be named to this colleague."""
    return bool(policy_registry.get_by_type(model).user_has_any_permission(user, LOOKING))


class CrmChooserViewSet(SnippetChooserViewSet):
    """A chooser for those who may see what it lists.

    Wagtail shows choosers to everybody in the admin; ours would show names and addresses.
    """

    base_widget_class = CrmChooser
    # Wagtail's is translated once, into the language of the start.
    page_title = _("Choose")

    def construct_view(self, view_class: Any, **kwargs: Any) -> Any:
        view = super().construct_view(view_class, **kwargs)

        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may_look(request.user, self.model):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded


class CopyView(snippets.CopyView):
    """The form of a copy; what it holds goes to the view that adds.

    Wagtail's own also takes a POST, writes it over the original, and asks for no permission to
    change that.
    """

    http_method_names = ["get", "head", "options"]


class CrmIndexView(snippets.IndexView):
    """A listing whose bar for ticked rows is in sight on a phone."""

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        return context | {"media": context["media"] + LISTING_MEDIA}


class CrmViewSet(snippets.SnippetViewSet):
    """A listing under the CRM menu, at ``/admin/crm/<model>/`` with URL names ``crm_<model>:…``.

    Snippets rather than plain model viewsets: Wagtail 8 gives them bulk actions, choosers,
    usage and history, which members, segments and campaigns all need. Copying is off because a
    copied person or mail is rarely meant; a room turns it on where it is.
    """

    menu_hook = MENU_HOOK
    inspect_view_enabled = True
    copy_view_enabled = False
    copy_view_class = CopyView
    list_per_page = 50
    index_view_class = CrmIndexView
    chooser_viewset_class = CrmChooserViewSet

    @cached_property
    def url_prefix(self) -> str:
        return f"crm/{self.model_name}"

    @cached_property
    def url_namespace(self) -> str:
        return f"crm_{self.model_name}"

    @property
    def breadcrumbs_items(self) -> list[dict[str, Any]]:
        """The way home. Wagtail's is translated once, when the process starts."""
        return list(WagtailAdminTemplateMixin.breadcrumbs_items)


class SavedByHandMixin:
    """For views that create: nothing exists before somebody presses a button.

    Wagtail would save a draft without a name at the first key, and a second one when somebody
    presses Save while it does. Once it exists it is saved by itself, as everywhere.
    """

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)  # type: ignore[misc]
        self.autosave_enabled = False


class ReadOnceMixin:
    """For views that edit: what is shown is read once.

    Wagtail reads it again when it knows that it may be edited. What is saved is read again.
    """

    request: HttpRequest
    object: Any = None

    def get_object(self, queryset: Any = None) -> Any:
        if self.request.method != "GET":
            return super().get_object(queryset)  # type: ignore[misc]
        if self.object is None:
            self.object = self.read()
        return self.object

    def read(self) -> Any:
        return super().get_object()  # type: ignore[misc]


class CrmDeleteBulkAction(DeleteBulkAction):
    """Wagtail's own names what it does not delete, to whoever asks it to."""

    @classproperty
    def models(cls) -> list[Any]:
        return [
            model
            for model in get_snippet_models()
            if isinstance(getattr(model, "snippet_viewset", None), CrmViewSet)
        ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.permission_policy.user_has_permission(request.user, "delete"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)
