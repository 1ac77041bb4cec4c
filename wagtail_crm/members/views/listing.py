"""The list of members, and adding, changing and closing one."""

from typing import Any

from django import forms
from django.contrib.admin.utils import quote
from django.http import HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy, pgettext
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.ui.tables import (
    BulkActionsCheckboxColumn,
    ButtonsColumnMixin,
    Column,
    DateColumn,
    StatusTagColumn,
    TitleColumn,
)
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log
from wagtail.snippets.views import snippets

from wagtail_crm.members import actions
from wagtail_crm.members.filters import member_filterset
from wagtail_crm.members.member_form import MemberForm, member_panel
from wagtail_crm.members.models import AttributeDefinition, Member
from wagtail_crm.members.querysets import MemberQuerySet
from wagtail_crm.viewsets import CrmIndexView, ReadOnceMixin


class CappedPaginator(WagtailPaginator):
    """Stops counting at ten thousand rows; search and filters reach the rest.

    Nobody turns so many pages, and counting a million rows takes longer than finding a few.
    """

    most = 10_000

    @cached_property
    def count(self) -> int:
        number: int = self.object_list.order_by()[: self.most].count()
        return number

    def page(self, number: Any) -> Any:
        """Of few rows all are asked for: with a limit PostgreSQL would look for them from the top.

        The newest members are many, and perhaps none of them is among those wanted.
        """
        if self.count > self.per_page:
            return super().page(number)
        return self._get_page(self.object_list, self.validate_number(number), self)

    @cached_property
    def items_count_label(self) -> str:
        if self.count < self.most:
            return str(super().items_count_label)
        most = number_format(self.most, force_grouping=True)
        return gettext("%(count)s members or more") % {"count": most}


class MemberColumn(ButtonsColumnMixin, TitleColumn):
    """The name with its reading, leading to the member's page."""

    cell_template_name = "wagtail_crm/members/admin/member_cell.html"

    def __init__(self, view: "MemberIndexView", **kwargs: Any) -> None:
        super().__init__("__str__", get_url=view.get_inspect_url, **kwargs)
        self.view = view

    def get_buttons(self, instance: Member, parent_context: Any) -> list[Any]:
        return self.view.get_list_buttons(instance)


class TagsColumn(Column):
    cell_template_name = "wagtail_crm/members/admin/tags_cell.html"


class LastSeenColumn(DateColumn):
    """By the hour, as visits are noted: nobody was seen before they came."""

    cell_template_name = "wagtail_crm/members/admin/last_seen_cell.html"


class MemberIndexView(CrmIndexView):
    is_searchable = True
    default_ordering = "-created_at"
    paginator_class = CappedPaginator

    @cached_property
    def definitions(self) -> list[AttributeDefinition]:
        return list(AttributeDefinition.objects.all())

    @cached_property
    def filterset_class(self) -> Any:
        return member_filterset(self.definitions)

    def get_base_queryset(self) -> MemberQuerySet:
        return Member.objects.with_admin_details()

    def search_queryset(self, queryset: MemberQuerySet) -> MemberQuerySet:
        return queryset.named(self.search_query)

    @cached_property
    def columns(self) -> list[Any]:
        def label(name: str) -> str:
            return capfirst(str(Member._meta.get_field(name).verbose_name))

        return [
            BulkActionsCheckboxColumn("bulk_actions", obj_type="snippet"),
            MemberColumn(
                self,
                label=pgettext("person", "Name"),
                width="24%",
                sort_key="family_name_kana",
                get_title_id=lambda member: f"snippet_{quote(member.pk)}_title",
            ),
            Column("email", label=label("email"), sort_key="email_key"),
            StatusTagColumn(
                "get_status_display",
                label=label("status"),
                primary=lambda member: member.is_registered,
            ),
            TagsColumn("tag_names", label=label("tags")),
            Column("owner", label=label("owner")),
            LastSeenColumn("last_seen_at", label=label("last_seen_at"), sort_key="last_seen_at"),
            DateColumn("created_at", label=label("created_at"), sort_key="created_at"),
        ]

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        if self.request.user.has_perm("wagtail_crm_members.export_member"):
            buttons.append(
                Button(gettext("Export these members"), url=self._export_url, icon_name="download")
            )
        return buttons

    def get_list_more_buttons(self, instance: Member) -> list[Any]:
        """The last button says what it leads to: nobody is deleted from the list."""
        buttons = list(super().get_list_more_buttons(instance))
        delete_url = self.get_delete_url(instance)
        for button in buttons:
            if button.url == delete_url:
                button.label = gettext("Withdraw or erase")
        return buttons

    @property
    def _export_url(self) -> str:
        """The bulk action for all that the search and the filters leave over."""
        address = reverse("wagtail_bulk_action", args=["wagtail_crm_members", "member", "export"])
        asked = [(name, value) for name, values in self.request.GET.lists() for value in values]
        return f"{address}?{urlencode([*asked, ('id', 'all'), ('next', self.index_url)])}"


class PersonFormMixin:
    """Panels with the site's attributes; saved by the actions, logged in the history."""

    panel: Any

    def get_panel(self) -> Any:
        return member_panel(AttributeDefinition.objects.all())

    def get_form_class(self) -> type[MemberForm]:
        form: type[MemberForm] = self.panel.get_form_class()
        return form

    def write(self, form: MemberForm, member: Member | None) -> Member:
        values = form.attribute_values
        if member is None:
            known = {name: value for name, value in values.items() if value is not None}
            member = actions.create_member(**form.own_fields, attributes=known)
            tags: set[str] = set()
        else:
            member = actions.update_member(member=member, fields=form.own_fields, attributes=values)
            tags = set(member.tags.values_list("name", flat=True))
        wanted = {str(tag) for tag in form.cleaned_data["tags"]}
        if wanted != tags:
            actions.tag_members(members=[member], add=wanted - tags, remove=tags - wanted)
        return member


class MemberCreateView(PersonFormMixin, snippets.CreateView):
    def save_instance(self) -> Member:
        member = self.write(self.form, None)
        log(instance=member, action="wagtail.create", user=self.request.user)
        return member

    def get_success_url(self) -> str:
        return reverse("crm_member:inspect", args=[self.object.pk])


class MemberEditView(PersonFormMixin, ReadOnceMixin, snippets.EditView):
    delete_item_label = gettext_lazy("Withdraw or erase")

    def get_queryset(self) -> MemberQuerySet:
        return Member.objects.with_admin_details()

    def get_usage_url(self) -> None:
        """Nothing notes where members are used: see ``Member.wagtail_reference_index_ignore``."""

    def save_instance(self) -> Member:
        member = self.write(self.form, Member.objects.get(pk=self.form.instance.pk))
        log(
            instance=member,
            action="wagtail.edit",
            user=self.request.user,
            content_changed=self.form.has_changed(),
        )
        return member

    def get_success_url(self) -> str:
        return reverse("crm_member:inspect", args=[self.object.pk])


class ClosingForm(forms.Form):
    """What becomes of the data of somebody who is taken off the list."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Their data"),
        choices=[
            ("keep", gettext_lazy("Keep them: they find everything if they come back")),
            ("erase", gettext_lazy("Erase them: name, address and history. This cannot be undone")),
        ],
        initial="keep",
        widget=forms.RadioSelect,
    )


class MemberCloseView(snippets.DeleteView):
    """In place of deleting: the row stays for the totals, the person leaves or is erased."""

    form_class = ClosingForm
    template_name = "wagtail_crm/members/admin/close.html"
    page_title = gettext_lazy("Withdraw or erase")

    def form_valid(self, form: ClosingForm) -> HttpResponse:
        self.erase = form.cleaned_data["outcome"] == "erase"
        return super().form_valid(form)

    def delete_action(self) -> None:
        actions.withdraw_member(member=self.object, erase=self.erase, by=self.request.user)

    def get_success_message(self) -> str:
        if self.erase:
            return gettext("The data of this member are erased.")
        return gettext("%(member)s has been withdrawn.") % {"member": self.object}
