"""What editors do to many members at once: those ticked, or all that a search leaves over."""

import logging
from typing import Any

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from wagtail_crm.members import actions
from wagtail_crm.members.accounts import staff
from wagtail_crm.members.export import member_rows
from wagtail_crm.members.filters import member_filterset
from wagtail_crm.members.models import AttributeDefinition, Member
from wagtail_crm.members.querysets import MemberQuerySet
from wagtail_crm.members.spreadsheets import FORMATS, XLSX, file_response
from wagtail_crm.members.tag_form import TagForm

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
        return self.told(count) % {"number": intcomma(count), **self.words()}

    def told(self, count: int) -> str:
        """What was done, with places for the ``number`` of members and for ``words``."""
        return ngettext("%(number)s member changed.", "%(number)s members changed.", count)

    def words(self) -> dict[str, Any]:
        """What else the message names."""
        return {}


def forms_context(view: MemberBulkAction, **kwargs: Any) -> dict[str, Any]:
    """The context of a plain form view: the bulk action's own would list every member."""
    kwargs.setdefault("form", view.get_form())
    return {"view": view, **kwargs}


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

    def told(self, count: int) -> str:
        return ngettext(
            "The tags of %(number)s member were changed.",
            "The tags of %(number)s members were changed.",
            count,
        )


NOBODY = "nobody"


def possible_owners() -> list[tuple[str, Any]]:
    """Nobody is an answer of its own: whoever forgets to choose takes no owner away."""
    colleagues = [(str(each.pk), str(each)) for each in staff()]
    return [("", _("Please choose")), *colleagues, (NOBODY, _("Nobody"))]


class OwnerForm(forms.Form):
    owner = forms.ChoiceField(label=pgettext_lazy("member", "Owner"), choices=possible_owners)

    def clean_owner(self) -> Any:
        chosen = self.cleaned_data["owner"]
        return None if chosen == NOBODY else staff().get(pk=chosen)


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

    def told(self, count: int) -> str:
        if self.words()["owner"] is None:
            return ngettext(
                "%(number)s member has no owner now.",
                "%(number)s members have no owner now.",
                count,
            )
        return ngettext(
            "%(owner)s now looks after %(number)s member.",
            "%(owner)s now looks after %(number)s members.",
            count,
        )

    def words(self) -> dict[str, Any]:
        return {"owner": self.cleaned_form.cleaned_data["owner"]}


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        label=_("File format"), choices=list(FORMATS.items()), widget=forms.RadioSelect
    )


class ExportMembers(MemberBulkAction):
    display_name = _("Export")
    aria_label = _("Export the selected members as a file")
    action_type = "export"
    action_priority = 30
    form_class = ExportForm
    question = _("Export as a file")
    button_label = _("Download file")
    permission = "export"
    initial = {"format": XLSX}

    def prepare_action(self, objects: Any, objects_without_access: Any) -> HttpResponseBase:
        logger.info("%s exports %d members.", self.request.user, objects.count())
        format = self.cleaned_form.cleaned_data["format"]
        rows = member_rows(objects, AttributeDefinition.objects.all())
        return file_response(rows, name="members", format=format)


class CloseMembers(MemberBulkAction):
    """Takes the place of Wagtail's bulk deletion, which would leave a hole in every number."""

    display_name = _("Withdraw or erase")
    aria_label = _("Withdraw or erase the selected members")
    action_type = "delete"
    action_priority = 40
    classes = {"serious"}
    template_name = "wagtail_crm/members/admin/bulk_close.html"
    form_class = ClosingForm
    question = _("What becomes of their data?")
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

    def told(self, count: int) -> str:
        if self.cleaned_form.cleaned_data["outcome"] == "erase":
            return ngettext(
                "The data of %(number)s member are erased.",
                "The data of %(number)s members are erased.",
                count,
            )
        return ngettext(
            "%(number)s member has been withdrawn.",
            "%(number)s members have been withdrawn.",
            count,
        )
