"""The audience of a StreamField block: a setting that any StructBlock gets by one mixin."""

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from .audience import Audience, Viewer

SEGMENT_MODEL = "wagtail_crm_segments.Segment"

DEVICES = [("phone", _("phone")), ("tablet", _("tablet")), ("computer", _("computer"))]


def segment_list(label: Any) -> blocks.ListBlock:
    return blocks.ListBlock(
        SnippetChooserBlock(SEGMENT_MODEL, label=_("Segment")),
        default=[],
        min_num=0,
        label=label,
    )


class AudienceBlock(blocks.StructBlock):
    """Who sees it; left empty, everybody does."""

    segments = segment_list(_("Show to"))
    match = blocks.ChoiceBlock(
        choices=[("any", _("anyone of them")), ("all", _("only who is in all"))],
        default="any",
        label=_("Several segments mean"),
    )
    excluded = segment_list(_("Hide from"))
    starts = blocks.DateTimeBlock(required=False, label=_("From"))
    ends = blocks.DateTimeBlock(required=False, label=_("Until"))
    devices = blocks.MultipleChoiceBlock(choices=DEVICES, required=False, label=_("Only on"))
    share = blocks.IntegerBlock(
        default=100, min_value=1, max_value=100, label=_("Share of these people in %")
    )

    def audience(self, value: Any, seed: str = "") -> Audience:
        """The value object. A segment that was deleted lets nobody in and keeps nobody out."""
        wanted = value["segments"]
        chosen = frozenset(segment.pk for segment in wanted if segment is not None)
        return Audience(
            segments=chosen | ({0} if len(chosen) < len(wanted) else frozenset()),
            need_all=value["match"] == "all",
            excluded=frozenset(segment.pk for segment in value["excluded"] if segment),
            starts=value["starts"],
            ends=value["ends"],
            devices=frozenset(value["devices"] or ()),
            share=value["share"] or 100,
            seed=seed,
        )

    class Meta:
        label = _("Audience")
        icon = "group"


class AudienceMixin(blocks.StructBlock):
    """Gives a StructBlock an audience; outside it, the block renders as nothing.

    The name of the child block is ``audience``. It sits in the block's settings area.
    """

    audience = AudienceBlock(label=_("Audience"))

    def get_form_layout(self) -> blocks.BlockGroup:
        layout = super().get_form_layout()
        if "audience" not in layout.settings:
            layout.settings = [*layout.settings, "audience"]
        layout.children = [name for name in layout.children if name != "audience"]
        return layout

    def audience_of(self, value: Any) -> Audience:
        return self.child_blocks["audience"].audience(value["audience"], seed=self.name or "")

    def render(self, value: Any, context: Any = None) -> SafeString | str:
        if not self.audience_of(value).decide(Viewer.of_context(context)).shown:
            return ""
        return super().render(value, context=context)
