"""The screens of people in the Wagtail admin."""

from typing import Any

from django.urls import path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn

from wagtail_crm.viewsets import SETTINGS_MENU_HOOK, CrmViewSet

from .consents import source_label
from .models import AttributeDefinition, ConsentRecord, Member
from .views import listing, settings
from .views.chooser import MemberChooserViewSet
from .views.inspect import MemberInspectView, member_data


class MemberViewSet(CrmViewSet):
    model = Member
    icon = "user"
    menu_label = _("Members")
    menu_order = 200
    # A row costs more to draw than to find: each has its buttons.
    list_per_page = 25
    index_view_class = listing.MemberIndexView
    add_view_class = listing.MemberCreateView
    edit_view_class = listing.MemberEditView
    delete_view_class = listing.MemberCloseView
    inspect_view_class = MemberInspectView
    chooser_viewset_class = MemberChooserViewSet
    index_results_template_name = "wagtail_crm/members/admin/index_results.html"
    index_template_name = "wagtail_crm/members/admin/index.html"
    inspect_template_name = "wagtail_crm/members/admin/inspect.html"
    delete_template_name = "wagtail_crm/members/admin/close.html"
    add_to_reference_index = False

    def get_urlpatterns(self) -> list[Any]:
        return [*super().get_urlpatterns(), path("data/<int:pk>/", member_data, name="data")]


def _required(definition: AttributeDefinition) -> Any:
    return _("Required") if definition.required else "–"


class AttributeViewSet(CrmViewSet):
    model = AttributeDefinition
    icon = "form"
    menu_label = _("Attributes")
    menu_hook = SETTINGS_MENU_HOOK
    menu_order = 100
    add_view_class = settings.AttributeCreateView
    edit_view_class = settings.AttributeEditView
    inspect_view_enabled = False
    sort_order_field = "sort_order"
    index_template_name = "wagtail_crm/members/admin/settings_index.html"
    index_results_template_name = "wagtail_crm/members/admin/attribute_results.html"
    add_to_reference_index = False

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            "__str__",
            Column("get_type_display", label=pgettext_lazy("attribute", "Type")),
            Column("get_place_display", label=_("Asked")),
            Column("required", label=_("Required"), accessor=_required),
            Column("key", label=_("Key")),
        ]


def _answer(record: ConsentRecord) -> Any:
    return _("Yes") if record.granted else _("No")


class ConsentViewSet(CrmViewSet):
    model = ConsentRecord
    icon = "check"
    menu_label = _("Consents")
    menu_hook = SETTINGS_MENU_HOOK
    menu_order = 200
    index_view_class = settings.ConsentIndexView
    index_template_name = "wagtail_crm/members/admin/settings_index.html"
    list_filter = ["purpose", "granted"]
    inspect_view_enabled = False
    add_to_reference_index = False

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            TitleColumn(
                "member", label=_("Member"), url_name="crm_member:inspect", id_accessor="member_id"
            ),
            Column("get_purpose_display", label=_("Purpose")),
            Column("granted", label=_("Answer"), accessor=_answer),
            Column("version", label=_("Version of the text")),
            Column(
                "source",
                label=_("Answered through"),
                accessor=lambda record: source_label(record.source),
            ),
            DateColumn("at", label=_("At"), sort_key="at"),
        ]
