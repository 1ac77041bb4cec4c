"""Choosing a member in a form, by typing part of a name."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.chooser import ChooseResultsView, ChooseView

from wagtail_crm.members.querysets import MemberQuerySet
from wagtail_crm.viewsets import CrmChooserViewSet


class MemberSearchForm(BaseFilterForm):
    q = forms.CharField(
        label=_("Search"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Name, kana, e-mail or code")}),
    )

    def filter(self, objects: MemberQuerySet) -> MemberQuerySet:
        self.is_searching = bool(self.cleaned_data.get("q"))
        self.search_query = self.cleaned_data.get("q")
        return objects.named(self.search_query or "")


class _ChooseMixin:
    filter_form_class = MemberSearchForm
    ordering = "-created_at"

    @property
    def columns(self) -> list[Any]:
        email = Column("email", label=_("E-mail address"))
        return [*super().columns, email]  # type: ignore[misc]  # a view stands behind


class MemberChooseView(_ChooseMixin, ChooseView):
    pass


class MemberChooseResultsView(_ChooseMixin, ChooseResultsView):
    pass


class MemberChooserViewSet(CrmChooserViewSet):
    choose_view_class = MemberChooseView
    choose_results_view_class = MemberChooseResultsView
