"""Rules that name pages, as editors fill them in."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from .base import Broken, Rule
from .blocks import RuleBlock
from .named_blocks import NamedPageBlock
from .places import NamedPage


class PlacedRuleBlock(RuleBlock):
    """A rule about some pages."""

    # One empty chooser to begin with: a click less. Empty ones are left out when saving.
    pages = blocks.ListBlock(
        NamedPageBlock(required=False, label=_("Page")),
        default=[None],
        min_num=0,
        label=_("On these pages"),
        help_text=_("None chosen: anywhere."),
    )
    below = blocks.BooleanBlock(
        required=False, default=True, label=_("and on every page below them")
    )

    # The empty chooser is for the form: a stored rule that names no pages means anywhere.
    def to_python(self, value: Any) -> Any:
        return super().to_python({"pages": [], **value})

    def bulk_to_python(self, values: Any) -> Any:
        return super().bulk_to_python([{"pages": [], **value} for value in values])

    def left_out(self) -> dict[str, Any]:
        # The form begins with an empty chooser; to code it would be a page that is gone.
        return super().left_out() | {"pages": []}

    def rule(self, value: Any) -> Rule:
        if None in value["pages"]:
            return Broken(gettext("A page that this rule names no longer exists."))
        pages = tuple(NamedPage(page.pk, page.title) for page in value["pages"])
        return self.placed_rule(value, pages)

    def placed_rule(self, value: Any, pages: tuple[NamedPage, ...]) -> Rule:
        raise NotImplementedError

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        chosen = [page for page in cleaned["pages"] if page is not None]
        cleaned["pages"] = self.child_blocks["pages"].normalize(chosen)
        return cleaned

    class Meta:
        form_attrs = {
            "data-controller": "crm-adding",
            "data-crm-adding-text-value": _("Add a page"),
        }
