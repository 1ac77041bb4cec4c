"""The member's page in the admin: who is this, and what rooms know of them."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.snippets.views import snippets

from wagtail_crm.members.consents import CONSENTS
from wagtail_crm.members.models import Member
from wagtail_crm.members.panels import MemberPanel, panels_at, relations_shown_to_staff
from wagtail_crm.members.personal_data import export_member


class MemberInspectView(snippets.InspectView):
    """A header with what matters, then one tab at a time; tabs come from every room."""

    template_name = "wagtail_crm/members/admin/inspect.html"

    def get_fields_context(self) -> list[Any]:
        """Nothing: the generic list of fields is not drawn, tabs are."""
        return []

    def get_object(self, queryset: Any = None) -> Member:
        members = Member.objects.with_admin_details().with_consents()
        related = ("owner", *relations_shown_to_staff())
        return get_object_or_404(members.select_related(*related), pk=self.pk)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        listing = {"url": reverse("crm_member:list"), "label": _("Members")}
        return [*self.breadcrumbs_items, listing, {"url": "", "label": str(self.object)}]

    @cached_property
    def header_buttons(self) -> list[Button]:
        edit_url = self.get_edit_url()
        return [HeaderButton(_("Edit"), url=edit_url, icon_name="edit")] if edit_url else []

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = []
        if self.user_has_permission("export"):
            url = reverse("crm_member:data", args=[self.object.pk])
            buttons.append(Button(_("Download data"), url=url, icon_name="download", priority=10))
        if close_url := self.get_delete_url():
            buttons.append(
                Button(_("Withdraw or erase"), url=close_url, icon_name="bin", priority=20)
            )
        return buttons

    @cached_property
    def tabs(self) -> list[MemberPanel]:
        return panels_at("admin", self.request)

    @cached_property
    def tab(self) -> MemberPanel:
        """The one asked for, else the first."""
        asked = self.request.GET.get("tab")
        return next((tab for tab in self.tabs if tab.slug == asked), self.tabs[0])

    def _drawn(self, where: Any) -> list[str]:
        panels = panels_at(where, self.request)
        drawn = [panel.html(self.request, self.object) for panel in panels]
        return [html for html in drawn if html.strip()]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "member": self.object,
            "facts": self._drawn("admin_header"),
            "cards": self._drawn("admin_card"),
            "tabs": self.tabs,
            "tab": self.tab,
            "tab_html": self.tab.html(self.request, self.object),
            "consents": [
                (consent.short, getattr(self.object, f"agrees_to_{consent.purpose}"))
                for consent in CONSENTS
            ],
        }


def member_data(request: HttpRequest, pk: int) -> HttpResponse:
    """All that is held on one person, as a file to hand to them."""
    if not request.user.has_perm("wagtail_crm_members.export_member"):
        raise PermissionDenied
    member = get_object_or_404(Member, pk=pk)
    response = JsonResponse(
        export_member(member), json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    response["Content-Disposition"] = f'attachment; filename="member-{member.pk}.json"'
    return response
