"""A block with variants: each for its audience, and one for everybody else."""

from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.segments.audience import Audience, Viewer
from wagtail_crm.segments.audience_blocks import AudienceMixin
from wagtail_crm.segments.audience_preview import is_preview, marked, shows_everything


class VariantBlock(AudienceMixin):
    """One variant: for whom, and what they see."""

    def __init__(self, content: Any = None, **kwargs: Any) -> None:
        super().__init__([("content", content)], **kwargs)

    def get_form_layout(self) -> blocks.BlockGroup:
        return blocks.BlockGroup(["audience", "content"])

    def render_basic(self, value: Any, context: Any = None) -> SafeString | str:
        return value.bound_blocks["content"].render(context)

    class Meta:
        icon = "group"
        label = _("Variant")


class PersonalisedBlock(blocks.StructBlock):
    """Shows the first variant whose audience the visitor belongs to, else the default.

    ``hero = PersonalisedBlock(BannerBlock())``: the content may be any block. A StreamBlock that
    is not required makes an empty default possible.
    """

    def __init__(self, content: Any = None, **kwargs: Any) -> None:
        variants = blocks.ListBlock(
            VariantBlock(content),
            default=[],
            min_num=0,
            label=_("Variants"),
            help_text=_("The first one that is meant for the visitor is shown."),
        )
        super().__init__([("variants", variants), ("content", content)], **kwargs)

    def get_form_layout(self) -> blocks.BlockGroup:
        default = blocks.BlockGroup(["content"], heading=_("For everybody else"), icon="user")
        return blocks.BlockGroup(["variants", default])

    def audiences_of(self, value: Any) -> list[Audience]:
        """The audience of each variant, in order."""
        variant = self.child_blocks["variants"].child_block
        return [variant.audience_of(each) for each in value["variants"]]

    def render_basic(self, value: Any, context: Any = None) -> SafeString | str:
        if is_preview(context):
            return self._render_preview(value, context)
        viewer = Viewer.of_context(context) if value["variants"] else Viewer()
        return self._content(value, self._position(value, viewer), context)

    def _position(self, value: Any, viewer: Viewer) -> int | None:
        """Which variant ``viewer`` sees; None for the default."""
        decisions = (audience.decide(viewer).shown for audience in self.audiences_of(value))
        return next((position for position, shown in enumerate(decisions) if shown), None)

    def _content(self, value: Any, position: int | None, context: Any) -> SafeString | str:
        chosen = value if position is None else value["variants"][position]
        return chosen.bound_blocks["content"].render(context)

    def _render_preview(self, value: Any, context: Any) -> SafeString:
        """With labels; all of them where the preview is nobody's in particular."""
        audiences = [*self.audiences_of(value), Audience()]
        positions: list[int | None] = [*range(len(audiences) - 1), None]
        if shows_everything(context):
            parts = [
                marked(self._content(value, position, context), audience, None)
                for position, audience in zip(positions, audiences, strict=True)
            ]
            return mark_safe("".join(parts))  # noqa: S308  # rendered by templates
        viewer = Viewer.of_context(context)
        position = self._position(value, viewer)
        audience = audiences[-1 if position is None else position]
        return marked(self._content(value, position, context), audience, audience.decide(viewer))

    class Meta:
        icon = "group"
        label = _("Personalised")
