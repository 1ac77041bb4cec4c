"""What editors do to many members at once: those ticked, or all that a search leaves over."""

import logging
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from taggit.forms import TagField
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from wagtail_crm.members import actions
from wagtail_crm.members.accounts import staff
from wagtail_crm.members.export import member_rows
from wagtail_crm.members.filters import member_filterset
from wagtail_crm.members.models import AttributeDefinition, Member, MemberTag
from wagtail_crm.members.querysets import MemberQuerySet
from wagtail_crm.members.spreadsheets import ENCODINGS, csv_response
from wagtail_crm.members.widgets import MemberTagWidget

from .listing import ClosingForm

logger = logging.getLogger(__name__)

SHOWN = 10


class MemberBulkAction(SnippetBulkAction):
    """Acts on a query, so that a million members do not pass through memory one by one."""

    models = [Member]
    template_name = "wagtail_crm/members/admin/bulk.html"
    permission = "change"
    button_label: Any = ""
    question: Any = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.permitted():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def permitted(self) -> bool:
        allowed: bool = self.permission_policy.user_has_permission(
            self.request.user, self.permission
        )
        return allowed

    @cached_property
    def members(self) -> MemberQuerySet:
        chosen = self.request.GET.getlist("id")
        if "all" not in chosen:
            return Member.objects.filter(pk__in=[pk for pk in chosen if pk.isdecimal()])
        members = Member.objects.named(self.request.GET.get("q", ""))
        filters = member_filterset(AttributeDefinition.objects.all())(
            self.request.GET, request=self.request
        )
        return filters.filter_queryset(members) if filters.is_valid() else members.none()

    def get_actionable_objects(self) -> tuple[MemberQuerySet, dict[str, list[Any]]]:
        return self.members, {"items_with_no_access": []}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        count = self.members.count()
        return {
            **forms_context(self, **kwargs),
            "count": count,
            "shown": self.members.order_by("-created_at")[:SHOWN],
            "hidden_count": max(count - SHOWN, 0),
            "submit_url": self.request.get_full_path(),
            "next": self.next_url,
            "model_opts": Member._meta,
            "header_icon": Member.snippet_viewset.icon,
        }

    def get_success_message(self, count: int, others: int) -> str:
        return ngettext("%(count)d member changed.", "%(count)d members changed.", count) % {
            "count": count
        }


def forms_context(view: MemberBulkAction, **kwargs: Any) -> dict[str, Any]:
    """The context of a plain form view: the bulk action's own would list every member."""
    kwargs.setdefault("form", view.get_form())
    return {"view": view, **kwargs}


class TagForm(forms.Form):
    add = TagField(label=_("Tags to add"), required=False, widget=MemberTagWidget)
    remove = forms.ModelMultipleChoiceField(
        label=_("Tags to remove"),
        required=False,
        queryset=MemberTag.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
    )


class TagMembers(MemberBulkAction):
    display_name = _("Tag")
    aria_label = _("Add or remove tags of the selected members")
    action_type = "tag"
    action_priority = 10
    form_class = TagForm
    question = _("Which tags?")
    button_label = _("Change tags")

    @classmethod
    def execute_action(cls, objects: Any, **kwargs: Any) -> tuple[int, int]:
        said = kwargs["self"].cleaned_form.cleaned_data
        remove = [tag.name for tag in said["remove"]]
        return actions.tag_members(members=objects, add=said["add"], remove=remove), 0


class OwnerForm(forms.Form):
    owner: Any = forms.ModelChoiceField(
        label=pgettext_lazy("member", "Owner"),
        required=False,
        queryset=None,
        empty_label=_("Nobody"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = staff()  # type: ignore[attr-defined]


class AssignOwner(MemberBulkAction):
    display_name = _("Set owner")
    aria_label = _("Set the owner of the selected members")
    action_type = "owner"
    action_priority = 20
    form_class = OwnerForm
    question = _("Who looks after them?")
    button_label = _("Set owner")

    @classmethod
    def execute_action(cls, objects: Any, **kwargs: Any) -> tuple[int, int]:
        owner = kwargs["self"].cleaned_form.cleaned_data["owner"]
        return actions.assign_owner(members=objects, owner=owner), 0


class ExportForm(forms.Form):
    encoding = forms.ChoiceField(
        label=_("For which programs?"), choices=list(ENCODINGS.items()), widget=forms.RadioSelect
    )


class ExportMembers(MemberBulkAction):
    display_name = _("Export")
    aria_label = _("Export the selected members as a CSV file")
    action_type = "export"
    action_priority = 30
    form_class = ExportForm
    question = _("Export as a CSV file")
    button_label = _("Download file")
    permission = "export"
    initial = {"encoding": "utf-8-sig"}

    def prepare_action(self, objects: Any, objects_without_access: Any) -> HttpResponseBase:
        logger.info("%s exports %d members.", self.request.user, objects.count())
        encoding = self.cleaned_form.cleaned_data["encoding"]
        rows = member_rows(objects, AttributeDefinition.objects.all())
        return csv_response(rows, name="members", encoding=encoding)


class CloseMembers(MemberBulkAction):
    """Takes the place of Wagtail's bulk deletion, which would leave a hole in every number."""

    display_name = _("Withdraw or erase")
    aria_label = _("Withdraw or erase the selected members")
    action_type = "delete"
    action_priority = 40
    classes = {"serious"}
    form_class = ClosingForm
    question = _("What becomes of their data?")
    button_label = _("Withdraw")
    permission = "delete"

    @classmethod
    def execute_action(cls, objects: Any, **kwargs: Any) -> tuple[int, int]:
        view = kwargs["self"]
        erase = view.cleaned_form.cleaned_data["outcome"] == "erase"
        # One transaction locks them all: in one order, so that nobody waits in a ring.
        members = list(objects.order_by("pk"))
        for member in members:
            actions.withdraw_member(member=member, erase=erase, by=view.request.user)
        return len(members), 0
