"""What a mail is made of: every part is a StreamField block, and other rooms and sites add more."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageBlock

from wagtail_crm.registry import Registry
from wagtail_crm.segments.audience import Audience, Viewer
from wagtail_crm.segments.audience_blocks import AudienceBlock, AudienceMixin

from .links import mark
from .plaintext import plain_text, text_link

TEXT_FEATURES = ["bold", "italic", "link", "ol", "ul"]


class MailAudienceBlock(AudienceBlock):
    """Who gets this part. A mail does not know on which device it will be read."""

    devices = None

    def audience(self, value: Any, seed: str = "") -> Audience:
        return super().audience({**value, "devices": ()}, seed)


class MailBlock(AudienceMixin):
    """A part of a mail, contributed through ``register_crm_mail_blocks``.

    Its template is MJML for the inside of one column (``<mj-text>…``), or whole sections when
    ``has_sections`` is true. :meth:`as_text` is the same part in the plain text of the mail. Links
    may be relative. Merge fields in editors' text are filled in afterwards; the context has
    ``crm_viewer`` and ``theme`` (see :class:`wagtail_crm.mail.render.Theme`).
    """

    slug: ClassVar[str]
    has_sections: ClassVar[bool] = False

    audience = MailAudienceBlock(label=_("Audience"))

    def as_text(self, value: Any, context: Mapping[str, Any]) -> str:
        """Plain text; links as :func:`wagtail_crm.mail.plaintext.text_link` writes them."""
        raise NotImplementedError

    def text_for(self, value: Any, context: Mapping[str, Any]) -> str:
        """The plain text, or nothing for somebody who is not meant."""
        shown = self.audience_of(value).decide(Viewer.of_context(context)).shown
        return self.as_text(value, context) if shown else ""


class HeadingBlock(MailBlock):
    slug = "heading"

    text = blocks.CharBlock(label=_("Heading"))

    def as_text(self, value: Any, context: Mapping[str, Any]) -> str:
        return f"■ {value['text']}"

    class Meta:
        icon = "title"
        label = _("Heading")
        label_format = "{text}"
        template = "wagtail_crm/mail/blocks/heading.mjml"


class TextBlock(MailBlock):
    slug = "text"

    text = blocks.RichTextBlock(label=_("Text"), features=TEXT_FEATURES)

    def as_text(self, value: Any, context: Mapping[str, Any]) -> str:
        return plain_text(str(value["text"]))

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "wagtail_crm/mail/blocks/text.mjml"


class DestinationMixin(blocks.StructBlock):
    """Leads to a page of this site or to another address."""

    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.URLBlock(label=_("or another address"), required=False)
    destination_required: ClassVar[bool] = False

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned["page"] and cleaned["url"]:
            raise blocks.StructBlockValidationError(
                {"url": ValidationError(_("Choose a page or write an address, not both."))}
            )
        if self.destination_required and not (cleaned["page"] or cleaned["url"]):
            raise blocks.StructBlockValidationError(
                {"page": ValidationError(_("Choose where this leads to."))}
            )
        return cleaned

    @staticmethod
    def destination(value: Any) -> str:
        page = value["page"]
        return (page.url if page else value["url"]) or ""

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        context["destination"] = self.destination(value)
        return context


class ImageMailBlock(DestinationMixin, MailBlock):
    slug = "image"

    image = ImageBlock(label=_("Image"))

    def as_text(self, value: Any, context: Mapping[str, Any]) -> str:
        words = value["image"].contextual_alt_text if value["image"] else ""
        target = self.destination(value)
        return text_link(target, words) if target else words

    class Meta:
        icon = "image"
        label = _("Image")
        template = "wagtail_crm/mail/blocks/image.mjml"


class ButtonBlock(DestinationMixin, MailBlock):
    slug = "button"
    destination_required = True

    text = blocks.CharBlock(label=_("Words on the button"), max_length=60)

    def as_text(self, value: Any, context: Mapping[str, Any]) -> str:
        return text_link(self.destination(value), value["text"])

    class Meta:
        icon = "link"
        label = _("Button")
        label_format = "{text}"
        template = "wagtail_crm/mail/blocks/button.mjml"


class DividerBlock(MailBlock):
    slug = "divider"

    def as_text(self, value: Any, context: Mapping[str, Any]) -> str:
        return "-" * 30

    class Meta:
        icon = "minus"
        label = _("Line")
        template = "wagtail_crm/mail/blocks/divider.mjml"


class PageTeaserBlock(MailBlock):
    """A page with its picture. A page type has its own look by ``<app>/mail/<model>.mjml``."""

    slug = "page"

    page = blocks.PageChooserBlock(label=_("Page"))
    summary = blocks.TextBlock(
        label=_("Text"), required=False, help_text=_("Empty: the page’s description for searches.")
    )
    button = blocks.CharBlock(label=_("Words on the button"), required=False, max_length=60)

    def as_text(self, value: Any, context: Mapping[str, Any]) -> str:
        page = value["page"]
        if page is None or not page.live:
            return ""
        address = mark(page.url or "", value["button"] or page.title)
        words = [f"● {page.title}", self.summary_of(value), value["button"], address]
        return "\n".join(part for part in words if part)

    @staticmethod
    def summary_of(value: Any) -> str:
        return value["summary"] or value["page"].search_description

    def get_template(self, value: Any = None, context: Any = None) -> Any:
        own = super().get_template(value, context)
        if value is None or value["page"] is None:
            return own
        page_type = value["page"].specific_class or type(value["page"])
        return [f"{page_type._meta.app_label}/mail/{page_type._meta.model_name}.mjml", own]

    def get_context(self, value: Any, parent_context: Any = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context)
        page = value["page"].specific if value["page"] and value["page"].live else None
        context["page"] = page
        context["picture"] = picture_of(page) if page else None
        context["summary"] = self.summary_of(value) if page else ""
        return context

    class Meta:
        icon = "doc-empty-inverse"
        label = _("Page or product")
        template = "wagtail_crm/mail/blocks/page.mjml"


def picture_of(page: Any) -> Any:
    """The first image that a page type has a field for and the page has filled in."""
    for field in page._meta.get_fields():
        related = field.related_model if field.many_to_one else None
        if isinstance(related, type) and hasattr(related, "get_rendition"):
            image = getattr(page, field.name)
            if image is not None:
                return image
    return None


mail_blocks: Registry[MailBlock] = Registry("register_crm_mail_blocks", MailBlock)


class ColumnBlock(blocks.StreamBlock):
    """Whatever fits into one column."""

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        children = [item for item in mail_blocks.items() if not item[1].has_sections]
        super().__init__([*(local_blocks or ()), *children], **kwargs)


class ColumnsBlock(MailBlock):
    """Two columns; on a phone one below the other."""

    slug = "columns"
    has_sections = True

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        columns = [
            ("left", ColumnBlock(label=pgettext_lazy("column of a mail", "Left"), required=False)),
            (
                "right",
                ColumnBlock(label=pgettext_lazy("column of a mail", "Right"), required=False),
            ),
        ]
        super().__init__([*(local_blocks or ()), *columns], **kwargs)

    def as_text(self, value: Any, context: Mapping[str, Any]) -> str:
        sides = (texts(value[side], context) for side in ("left", "right"))
        return "\n\n".join(text for side in sides for text in side)

    class Meta:
        icon = "table"
        label = _("Two columns")
        template = "wagtail_crm/mail/blocks/columns.mjml"


def texts(stream: Any, context: Mapping[str, Any]) -> Iterator[str]:
    """The plain text of each part that the viewer gets."""
    for child in stream:
        text = child.block.text_for(child.value, context)
        if text:
            yield text


class BodyStreamBlock(blocks.StreamBlock):
    """Every registered part, and two columns of them."""

    def __init__(self, local_blocks: Any = None, **kwargs: Any) -> None:
        children = [*(local_blocks or ()), *mail_blocks.items(), ("columns", ColumnsBlock())]
        super().__init__(children, **kwargs)


class BodyField(StreamField):
    """A StreamField of mail parts. Migrations do not list its blocks: they come from hooks."""

    def __init__(self, block_types: Any = BodyStreamBlock, **kwargs: Any) -> None:
        super().__init__(block_types or BodyStreamBlock, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _args, kwargs = super(StreamField, self).deconstruct()
        return name, path, [], kwargs


BLOCKS = [HeadingBlock, TextBlock, ImageMailBlock, ButtonBlock, PageTeaserBlock, DividerBlock]
