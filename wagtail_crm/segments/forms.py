"""The form of a segment."""

from typing import Any

from wagtail.admin.forms import WagtailAdminModelForm

from .cycles import cycle_text


class SegmentForm(WagtailAdminModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "rules" in cleaned:
            name = cleaned.get("name") or self.instance.name
            if text := cycle_text(self.instance.pk, name, cleaned["rules"]):
                self.add_error("rules", text)
        return cleaned
