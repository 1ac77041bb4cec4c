"""Why a member is in a segment, or is not."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from wagtail_crm.chooser_widgets import CrmChooser
from wagtail_crm.members.models import Member
from wagtail_crm.segments.findings import findings_for
from wagtail_crm.segments.models import Membership
from wagtail_crm.viewsets import may_look

from .screens import SegmentScreen


class WhoForm(forms.Form):
    member = forms.ModelChoiceField(
        label=_("Member"), queryset=Member.objects.all(), widget=CrmChooser(Member)
    )


class WhyView(SegmentScreen, TemplateView):
    """Each rule, asked of one member now; for those who may see members."""

    page_title = _("Why is somebody in it?")
    template_name = "wagtail_crm/segments/why.html"

    def get_page_subtitle(self) -> str:
        return self.segment.name

    def permitted(self, user: Any) -> bool:
        return super().permitted(user) and may_look(user, Member)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = WhoForm(self.request.GET)
        if not form.is_valid():
            return super().get_context_data(form=WhoForm(), **kwargs)
        member = form.cleaned_data["member"]
        membership = Membership.objects.filter(segment=self.segment, member=member).first()
        finding = None
        if not self.segment.is_static:
            finding = findings_for(self.segment.rule, member, self.request.user)
        found = {"member": member, "membership": membership, "finding": finding}
        return super().get_context_data(form=form, **found, **kwargs)
