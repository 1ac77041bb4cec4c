"""The lists behind CRM › Settings: attributes and consents."""

from typing import Any

from django.utils.functional import cached_property
from wagtail.snippets.views import snippets

from wagtail_crm.members.attribute_form import attribute_panel
from wagtail_crm.viewsets import CrmIndexView


class AttributePanelMixin:
    """The form with the texts of every language."""

    panel: Any

    def get_panel(self) -> Any:
        return attribute_panel()

    def get_form_class(self) -> Any:
        return self.panel.get_form_class()


class AttributeCreateView(AttributePanelMixin, snippets.CreateView):
    pass


class AttributeEditView(AttributePanelMixin, snippets.EditView):
    pass


class ConsentIndexView(CrmIndexView):
    """A record of what was said; nothing here can be changed, so nothing can be ticked."""

    @cached_property
    def columns(self) -> list[Any]:
        return super().columns[1:]

    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("member")
