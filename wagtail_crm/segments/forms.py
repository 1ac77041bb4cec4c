"""The form of a segment."""

from typing import Any

from django.utils.translation import gettext
from wagtail.admin.forms import WagtailAdminModelForm

from .cycles import cycle_text
from .rules.blocks import GROUP, group_of
from .rules.visit import mixed_problem

# Nobody reads so many; and comparing each with each would keep the site busy.
MOST_RULES = 100


class SegmentForm(WagtailAdminModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "rules" in cleaned:
            if number_of_rules(cleaned["rules"]) > MOST_RULES:
                text = gettext("A segment has at most %(most)d rules: make two of it.")
                self.add_error("rules", text % {"most": MOST_RULES})
                return cleaned
            name = cleaned.get("name") or self.instance.name
            rule = group_of(cleaned.get("match"), cleaned["rules"])
            circle = cycle_text(self.instance.pk, name, cleaned["rules"])
            if text := circle or mixed_problem(rule):
                self.add_error("rules", text)
        return cleaned


def number_of_rules(stream: Any) -> int:
    """Rules and groups of a stream, at any depth."""
    return sum(
        1 + (number_of_rules(child.value["rules"]) if child.block_type == GROUP else 0)
        for child in stream
    )
