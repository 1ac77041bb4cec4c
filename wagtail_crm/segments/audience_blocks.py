"""The audience of a StreamField block: a setting that any StructBlock gets by one mixin."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register
from wagtail.blocks.struct_block import StructBlockAdapter

from wagtail_crm.chooser_blocks import CrmChooserBlock
from wagtail_crm.tracking.devices import DEVICES

from .audience import Audience, Viewer
from .audience_preview import is_preview, marked, shows_everything

SEGMENT_MODEL = "wagtail_crm_segments.Segment"

DEVICE_CHOICES = [(device, DEVICES[device]) for device in ("phone", "tablet", "computer")]

SCRIPTS = ["adding", "audience"]


class SegmentBlock(CrmChooserBlock):
    """Chooses a segment. Its value is the id, so that pages are drawn without reading segments."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(SEGMENT_MODEL, **kwargs)

    def to_python(self, value: Any) -> int | None:
        return _pk(value)

    def bulk_to_python(self, values: Any) -> list[int | None]:
        return [_pk(value) for value in values]

    def normalize(self, value: Any) -> int | None:
        return _pk(value)

    def get_prep_value(self, value: Any) -> int | None:
        return _pk(value)

    def value_from_form(self, value: Any) -> int | None:
        return _pk(value)

    def extract_references(self, value: Any) -> Iterator[tuple[Any, str, str, str]]:
        if value is not None:
            yield self.model_class, str(value), "", ""

    def deconstruct(self) -> Any:
        return ("wagtail_crm.segments.audience_blocks.SegmentBlock", [], self._constructor_args[1])


def _pk(value: Any) -> int | None:
    """The id of a segment, which may come as one, as text from a form, or as the segment."""
    value = getattr(value, "pk", value)
    return int(value) if value else None


def segment_list(label: Any) -> blocks.ListBlock:
    return blocks.ListBlock(
        SegmentBlock(label=_("Segment")), default=[], min_num=0, label=label, collapsed=False
    )


class MatchBlock(blocks.ChoiceBlock):
    """Any or all; what is stored is a key as it stands, so no page looks for it among them."""

    def normalize_choice(self, value: Any) -> Any:
        return value


class AudienceBlock(blocks.StructBlock):
    """Who sees it; left empty, everybody does."""

    segments = segment_list(_("Show to"))
    match = MatchBlock(
        choices=[("any", _("anyone in one of them")), ("all", _("only those in all of them"))],
        default="any",
        label=_("Several segments mean"),
    )
    excluded = segment_list(_("Hide from"))
    starts = blocks.DateTimeBlock(required=False, label=pgettext_lazy("audience", "From"))
    ends = blocks.DateTimeBlock(required=False, label=pgettext_lazy("audience", "Until"))
    devices = blocks.MultipleChoiceBlock(
        choices=DEVICE_CHOICES,
        required=False,
        label=_("Only on"),
        widget=forms.CheckboxSelectMultiple,
    )
    share = blocks.IntegerBlock(
        default=100, min_value=1, max_value=100, label=_("Share of these people in %")
    )

    def get_form_layout(self) -> blocks.BlockGroup:
        """Segments first; what is seldom needed folded away."""
        seldom = ["starts", "ends", "devices", "share"]
        folded = blocks.BlockGroup(
            [name for name in seldom if name in self.child_blocks],
            heading=_("Time, device and share")
            if "devices" in self.child_blocks
            else _("Time and share"),
            icon="calendar-alt",
            classname="collapsed",
            label_format="",
        )
        return blocks.BlockGroup(
            [name for name in self.child_blocks if name not in seldom] + [folded]
        )

    def audience(self, value: Any, seed: str = "") -> Audience:
        """The value object. Nobody is in a segment that was deleted: it lets nobody in."""
        return Audience(
            segments=frozenset(pk or 0 for pk in value["segments"]),
            need_all=value["match"] == "all",
            excluded=frozenset(filter(None, value["excluded"])),
            starts=value["starts"],
            ends=value["ends"],
            devices=frozenset(value["devices"] or ()),
            share=value["share"] or 100,
            seed=seed,
        )

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned["starts"] and cleaned["ends"] and cleaned["ends"] <= cleaned["starts"]:
            error = forms.ValidationError(_("It must end after it begins."))
            raise blocks.StructBlockValidationError({"ends": error})
        return cleaned

    class Meta:
        label = _("Audience")
        icon = "group"
        form_attrs = {
            "data-controller": "crm-audience crm-adding",
            "data-crm-adding-text-value": _("Add a segment"),
            "data-crm-audience-url-value": reverse_lazy("crm_audience"),
            "data-crm-audience-everybody-value": _("Everybody"),
        }


class AudienceBlockAdapter(StructBlockAdapter):
    """Brings the script that says who the audience is, in the block's head too."""

    @cached_property
    def media(self) -> forms.Media:
        own = forms.Media(
            js=[versioned_static(f"wagtail_crm/segments/{name}.js") for name in SCRIPTS],
            css={"all": [versioned_static(f"wagtail_crm/segments/{name}.css") for name in SCRIPTS]},
        )
        return super().media + own


register(AudienceBlockAdapter(), AudienceBlock)


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
        audience = self.audience_of(value)
        if audience.is_everybody:
            return super().render(value, context=context)
        if is_preview(context):
            return self._render_preview(audience, value, context)
        if not audience.decide(Viewer.of_context(context)).shown:
            return ""
        return super().render(value, context=context)

    def _render_preview(self, audience: Audience, value: Any, context: Any) -> SafeString:
        decision = audience.decide(Viewer.of_context(context))
        show = decision.shown or shows_everything(context)
        html = super().render(value, context=context) if show else ""
        return marked(html, audience, None if shows_everything(context) else decision)
