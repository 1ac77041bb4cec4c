"""Widgets of the members' forms in the admin."""

import json
from typing import Any

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
