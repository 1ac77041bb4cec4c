"""What editors put on pages. Only ``Offer`` knows that it may be personalised."""

from django.conf import settings
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

if settings.VARIANT == "crm":
    from wagtail_crm.segments.audience_blocks import AudienceMixin as Personal
elif settings.VARIANT == "peer":
    from wagtail_personalisation.blocks import PersonalisedStructBlock as Personal
else:
    Personal = blocks.StructBlock


class Picture(blocks.StructBlock):
    image = ImageChooserBlock()
    caption = blocks.CharBlock()

    class Meta:
        template = "portal/blocks/picture.html"


class Quote(blocks.StructBlock):
    text = blocks.TextBlock()
    who = blocks.CharBlock()

    class Meta:
        template = "portal/blocks/quote.html"


class Cards(blocks.StructBlock):
    heading = blocks.CharBlock()
    pages = blocks.ListBlock(blocks.PageChooserBlock())

    class Meta:
        template = "portal/blocks/cards.html"


class Questions(blocks.StructBlock):
    heading = blocks.CharBlock()
    items = blocks.ListBlock(
        blocks.StructBlock([("question", blocks.CharBlock()), ("answer", blocks.RichTextBlock())])
    )

    class Meta:
        template = "portal/blocks/questions.html"


class Offer(Personal):
    heading = blocks.CharBlock()
    text = blocks.RichTextBlock()
    page = blocks.PageChooserBlock()

    class Meta:
        template = "portal/blocks/offer.html"


class Body(blocks.StreamBlock):
    heading = blocks.CharBlock(form_classname="title", template="portal/blocks/heading.html")
    text = blocks.RichTextBlock()
    picture = Picture()
    quote = Quote()
    cards = Cards()
    questions = Questions()
    offer = Offer()
