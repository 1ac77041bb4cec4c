"""Two segments side by side: who is in one, in the other, in both."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from wagtail_crm.chooser_widgets import CrmChooser
from wagtail_crm.conf import crm_settings
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.overlap import WIDTH, overlap_of
from wagtail_crm.tracking.patience import TookTooLong, no_longer_than

from .screens import SegmentScreen


class OtherForm(forms.Form):
    other = forms.ModelChoiceField(
        label=_("Compare with"), queryset=Segment.objects.live(), widget=CrmChooser(Segment)
    )


class OverlapView(SegmentScreen, TemplateView):
    page_title = _("Overlap with another segment")
    template_name = "wagtail_crm/segments/overlap.html"

    def get_page_subtitle(self) -> str:
        return self.segment.name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = OtherForm(self.request.GET)
        if not form.is_valid():
            return super().get_context_data(form=OtherForm(), **kwargs)
        other = form.cleaned_data["other"]
        try:
            with no_longer_than(crm_settings.count_timeout):
                overlap = overlap_of(self.segment, other)
        except TookTooLong:
            return super().get_context_data(form=form, took_too_long=True, **kwargs)
        first, both, second = overlap.widths
        drawing = {"width": WIDTH, "first": first, "both": both, "second": second}
        drawing |= {"second_from": first + both}
        found = {"other": other, "overlap": overlap, "drawing": drawing}
        return super().get_context_data(form=form, **found, **kwargs)
