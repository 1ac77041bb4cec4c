"""What the pages of the site are made of.

A ``…_en`` field is what English visitors read; left empty, they read the Japanese one. Blocks with
an audience are shown only to the segments, times and devices that an editor chose.
"""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageChooserBlock

from wagtail_crm.segments.audience_blocks import AudienceMixin

TONES = [("plain", _("Plain")), ("butter", _("Butter")), ("sage", _("Sage")), ("crust", _("Crust"))]


class WelcomeBlock(AudienceMixin):
    """One way to greet a visitor. The home page shows the first one that is meant for them."""

    kicker = blocks.CharBlock(label=_("line above"), required=False)
    kicker_en = blocks.CharBlock(label=_("line above (English)"), required=False)
    # Of two lines, so that the editor chooses where it breaks.
    title = blocks.TextBlock(label=_("headline"), rows=2)
    title_en = blocks.TextBlock(label=_("headline (English)"), required=False, rows=2)
    text = blocks.TextBlock(label=_("text"), required=False)
    text_en = blocks.TextBlock(label=_("text (English)"), required=False)
    picture = ImageChooserBlock(label=_("picture"), required=False)
    page = blocks.PageChooserBlock(label=_("leads to"), required=False)
    button = blocks.CharBlock(label=_("button"), required=False)
    button_en = blocks.CharBlock(label=_("button (English)"), required=False)

    class Meta:
        icon = "pick"
        label = _("Welcome")
        label_format = "{title}"
        template = "shop/blocks/welcome.html"


class BannerBlock(AudienceMixin):
    """A broad card that leads somewhere."""

    title = blocks.CharBlock(label=_("headline"))
    title_en = blocks.CharBlock(label=_("headline (English)"), required=False)
    text = blocks.TextBlock(label=_("text"), required=False)
    text_en = blocks.TextBlock(label=_("text (English)"), required=False)
    picture = ImageChooserBlock(label=_("picture"), required=False)
    page = blocks.PageChooserBlock(label=_("leads to"), required=False)
    button = blocks.CharBlock(label=_("button"), required=False)
    button_en = blocks.CharBlock(label=_("button (English)"), required=False)
    tone = blocks.ChoiceBlock(label=_("colour"), choices=TONES, default="plain")

    class Meta:
        icon = "bars"
        label = _("Banner")
        label_format = "{title}"
        template = "shop/blocks/banner.html"


class PagesBlock(AudienceMixin):
    """A row of chosen pages: products, articles or seminars."""

    title = blocks.CharBlock(label=_("headline"))
    title_en = blocks.CharBlock(label=_("headline (English)"), required=False)
    pages = blocks.ListBlock(blocks.PageChooserBlock(label=_("page")), label=_("pages"))
    more = blocks.PageChooserBlock(label=_("“See all” leads to"), required=False)

    class Meta:
        icon = "grip"
        label = _("Row of pages")
        label_format = "{title}"
        template = "shop/blocks/pages.html"


class TextBlock(AudienceMixin):
    text = blocks.RichTextBlock(
        label=_("text"), features=["h2", "h3", "bold", "italic", "link", "ol", "ul", "hr"]
    )

    class Meta:
        icon = "pilcrow"
        label = _("Text")
        template = "shop/blocks/text.html"


class TipBlock(AudienceMixin):
    title = blocks.CharBlock(label=_("headline"))
    text = blocks.RichTextBlock(label=_("text"), features=["bold", "link", "ul"])
    tone = blocks.ChoiceBlock(label=_("colour"), choices=TONES, default="butter")

    class Meta:
        icon = "help"
        label = _("Tip")
        label_format = "{title}"
        template = "shop/blocks/tip.html"


class RecipeBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("name"))
    serves = blocks.CharBlock(label=_("makes"), required=False)
    time = blocks.CharBlock(label=_("takes"), required=False)
    ingredients = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("name", blocks.CharBlock(label=_("ingredient"))),
                ("amount", blocks.CharBlock(label=_("amount"))),
            ]
        ),
        label=_("ingredients"),
    )
    steps = blocks.ListBlock(blocks.TextBlock(label=_("step")), label=_("steps"))

    class Meta:
        icon = "list-ol"
        label = _("Recipe")
        label_format = "{title}"
        template = "shop/blocks/recipe.html"


class PictureBlock(blocks.StructBlock):
    picture = ImageChooserBlock(label=_("picture"))
    caption = blocks.CharBlock(label=_("caption"), required=False)

    class Meta:
        icon = "image"
        label = _("Picture")
        label_format = "{caption}"
        template = "shop/blocks/picture.html"


class FilmBlock(blocks.StructBlock):
    """What is measured of it is told by its name: a new file does not begin anew."""

    name = blocks.CharBlock(label=_("name"), max_length=100)
    file = DocumentChooserBlock(label=_("film"), help_text=_("A file that ends in .webm or .mp4."))
    caption = blocks.CharBlock(label=_("caption"), required=False)

    class Meta:
        icon = "media"
        label = _("Film")
        label_format = "{name}"
        template = "shop/blocks/film.html"


class QuestionsBlock(blocks.StructBlock):
    questions = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("question", blocks.CharBlock(label=_("question"))),
                (
                    "answer",
                    blocks.RichTextBlock(label=_("answer"), features=["bold", "link", "ul"]),
                ),
            ]
        ),
        label=_("questions"),
    )

    class Meta:
        icon = "help"
        label = _("Questions and answers")
        template = "shop/blocks/questions.html"


class BodyBlocks(blocks.StreamBlock):
    """The body of articles, seminars and plain pages."""

    text = TextBlock()
    picture = PictureBlock()
    film = FilmBlock()
    tip = TipBlock()
    recipe = RecipeBlock()
    questions = QuestionsBlock()
    banner = BannerBlock()
    pages = PagesBlock()


class HomeBlocks(blocks.StreamBlock):
    banner = BannerBlock()
    pages = PagesBlock()
    text = TextBlock()


class WelcomeBlocks(blocks.StreamBlock):
    welcome = WelcomeBlock()


class BlocksField(StreamField):
    """A StreamField whose migrations do not list its blocks: the audience may grow by itself."""

    def __init__(self, block_types=(), **options):
        super().__init__(block_types, **options)

    def deconstruct(self):
        name, path, _blocks, options = super(StreamField, self).deconstruct()
        return name, path, [], options
