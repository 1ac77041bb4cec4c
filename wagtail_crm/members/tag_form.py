"""The tags that editors put on members and take off."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from taggit.forms import TagField

from .models import MemberTag
from .widgets import MemberTagWidget


class TagForm(forms.Form):
    add = TagField(label=_("Tags to add"), required=False, widget=MemberTagWidget)
    remove = forms.ModelMultipleChoiceField(
        label=_("Tags to remove"),
        required=False,
        queryset=MemberTag.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
    )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if not self.errors and not said["add"] and not said["remove"]:
            raise ValidationError(_("Choose at least one tag to add or to remove."))
        return said
