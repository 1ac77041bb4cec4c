"""Numbers drawn in the admin, and the same numbers as a table for whoever cannot see them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django import forms
from django.utils.formats import number_format
from wagtail.admin.ui.components import Component

# A page that fetches charts later brings what draws them from the start.
CHART_MEDIA = forms.Media(
    js=["wagtail_crm/vendor/chart.umd.min.js", "wagtail_crm/charts.js"],
    css={"all": ["wagtail_crm/charts.css"]},
)


@dataclass(frozen=True)
class Chart(Component):
    """One series of numbers with a word for each of them; draw it with ``{% component chart %}``.

    ``label`` says what the whole is, ``unit`` what is counted ("Views"), ``heading`` what the
    words are ("Day").
    """

    label: str
    heading: str
    unit: str
    labels: Sequence[str]
    values: Sequence[int]
    type: Literal["bar", "line"] = "bar"

    template_name = "wagtail_crm/chart.html"

    @property
    def media(self) -> forms.Media:
        return CHART_MEDIA

    def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
        numbers = [number_format(value, force_grouping=True) for value in self.values]
        return {
            "chart": self,
            "labels_json": json.dumps(list(self.labels)),
            "series_json": json.dumps([{"label": self.unit, "values": list(self.values)}]),
            "rows": list(zip(self.labels, numbers, strict=True)),
        }
