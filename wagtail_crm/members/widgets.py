"""Widgets of the members' forms and filters in the admin."""

import json
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from wagtail.admin.widgets import AdminTagWidget

from .models import MemberTag


class MemberTagWidget(AdminTagWidget):
    """Says how to write a tag; Wagtail's own leaves its inner field without a name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(tag_model=MemberTag, **kwargs)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        widget = context["widget"]
        options = json.loads(widget["attrs"]["data-w-tag-options-value"])
        options["placeholderText"] = gettext("A tag, then Enter")
        widget["attrs"]["data-w-tag-options-value"] = json.dumps(options)
        widget["help_text"] = gettext("Tags that exist are offered while you type.")
        return context


class ManyBoxes(forms.CheckboxSelectMultiple):
    """Django's own boxes, for lists of hundreds: without a few templates for each of them."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(each) for each in value or ()}
        own = self.build_attrs(self.attrs, attrs)
        boxes = (
            (
                f"{own.get('id', name)}_{place}",
                name,
                str(key),
                " checked" if str(key) in chosen else "",
                label,
            )
            for place, (key, label) in enumerate(self.choices)
        )
        box = '<div><label for="{0}"><input type="checkbox" name="{1}" value="{2}" id="{0}"{3}>'
        lines = format_html_join("\n", box + " {4}</label></div>", boxes)
        return format_html('<div id="{}">{}</div>', own.get("id", name), lines)
