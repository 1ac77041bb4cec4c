"""The members ticked in the list, put into a static segment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from wagtail_crm.members.models import Member
from wagtail_crm.members.views.bulk import MemberBulkAction
from wagtail_crm.segments import static
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.runs.builtin import may_add_segments
from wagtail_crm.viewsets import may_look

from .screens import may
from .static import NameForm


class TargetForm(NameForm):
    """A static segment, or the name of a new one."""

    target = forms.ModelChoiceField(
        label=_("Static segment"),
        queryset=Segment.objects.static().order_by("name"),
        required=False,
        empty_label=_("A new one, named below"),
    )
    field_order = ["target", "name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False
        self.fields["name"].label = _("Name of the new segment")

    def clean_name(self) -> str:
        if self.cleaned_data.get("target"):
            return ""
        if not self.cleaned_data["name"]:
            raise forms.ValidationError(_("Choose a segment, or name a new one."))
        return super().clean_name()


class AddToStaticSegment(MemberBulkAction):
    display_name = _("Add to static segment")
    aria_label = _("Add the selected members to a static segment")
    action_type = "static_segment"
    action_priority = 25
    form_class = TargetForm
    question = _("To which segment?")
    button_label = _("Add to this segment")

    def permitted(self) -> bool:
        user = self.request.user
        return may(user, "change") and may_add_segments(user) and may_look(user, Member)

    @classmethod
    def execute_action(cls, objects: Any, **kwargs: Any) -> tuple[int, int]:
        view = kwargs["self"]
        said, user = view.cleaned_form.cleaned_data, view.request.user
        segment = said["target"] or static.create_static_segment(name=said["name"], by=user)
        ids = objects.order_by("pk").values_list("pk", flat=True)
        return static.add_members(segment=segment, member_ids=ids, by=user), 0

    def told(self, count: int) -> str:
        return ngettext(
            "%(number)s member was put into “%(segment)s”.",
            "%(number)s members were put into “%(segment)s”.",
            count,
        )

    def words(self) -> dict[str, Any]:
        said = self.cleaned_form.cleaned_data
        return {"segment": said["target"] or said["name"]}
