"""The page types of the site. Where an English field is empty, English visitors read Japanese."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from taggit.models import TaggedItemBase
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.contrib.forms.models import AbstractFormField, FormMixin
from wagtail.contrib.forms.panels import FormSubmissionsPanel
from wagtail.models import Page
from wagtail.search import index

from wagtail_crm.personalize.pages import PersonalisedPageMixin

from .blocks import BlocksField, BodyBlocks, HomeBlocks, WelcomeBlocks


class PageTag(TaggedItemBase):
    """What a product or an article is about; interests are read from it."""

    content_object = ParentalKey(Page, related_name="tagged_items", on_delete=models.CASCADE)


def in_english(*more):
    """The panel of the fields that English visitors read."""
    fields = [FieldPanel("title_en"), FieldPanel("intro_en"), *more]
    return MultiFieldPanel(fields, heading=_("In English"))


class BilingualPage(PersonalisedPageMixin, Page):
    title_en = models.CharField(_("title (English)"), max_length=255, blank=True)
    intro = models.TextField(_("introduction"), blank=True)
    intro_en = models.TextField(_("introduction (English)"), blank=True)
    picture = models.ForeignKey(
        "wagtailimages.Image",
        verbose_name=_("picture"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    first_panels: ClassVar = [*Page.content_panels, FieldPanel("intro"), FieldPanel("picture")]
    content_panels: ClassVar = [*first_panels, in_english()]
    search_fields: ClassVar = [
        *Page.search_fields,
        index.SearchField("title_en"),
        index.SearchField("intro"),
        index.SearchField("intro_en"),
    ]

    class Meta:
        abstract = True


class BodyPage(BilingualPage):
    body = BlocksField(BodyBlocks(), verbose_name=_("body"), blank=True)
    body_en = BlocksField(BodyBlocks(), verbose_name=_("body (English)"), blank=True)

    last_panels: ClassVar = [FieldPanel("body"), in_english(FieldPanel("body_en"))]
    content_panels: ClassVar = [*BilingualPage.first_panels, *last_panels]
    search_fields: ClassVar = [
        *BilingualPage.search_fields,
        index.SearchField("body"),
        index.SearchField("body_en"),
    ]

    class Meta:
        abstract = True


class HomePage(BilingualPage):
    welcome = BlocksField(
        WelcomeBlocks(),
        verbose_name=_("welcome"),
        blank=True,
        help_text=_("The first one that is meant for the visitor is shown; the last for everyone."),
    )
    body = BlocksField(HomeBlocks(), verbose_name=_("body"), blank=True)

    parent_page_types: ClassVar = ["wagtailcore.Page"]
    content_panels: ClassVar = [
        *BilingualPage.first_panels,
        FieldPanel("welcome"),
        FieldPanel("body"),
        in_english(),
    ]

    class Meta:
        verbose_name = _("home page")


class CategoryPage(BilingualPage):
    """A shelf of the shop: its products, or the shelves below it."""

    parent_page_types: ClassVar = ["shop.HomePage", "shop.CategoryPage"]
    subpage_types: ClassVar = ["shop.CategoryPage", "shop.ProductPage"]

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    @property
    def shelves(self):
        return CategoryPage.objects.child_of(self).live().select_related("picture")

    @property
    def products(self):
        """Every product on this shelf and below, in the order of the tree."""
        return ProductPage.objects.descendant_of(self).live().select_related("picture")


class ProductPage(BodyPage):
    sku = models.CharField(_("product code"), max_length=20, unique=True)
    price = models.PositiveIntegerField(_("price"), help_text=_("In yen, with tax."))
    size = models.CharField(_("contents"), max_length=100, blank=True)
    size_en = models.CharField(_("contents (English)"), max_length=100, blank=True)
    origin = models.CharField(_("origin"), max_length=100, blank=True)
    origin_en = models.CharField(_("origin (English)"), max_length=100, blank=True)
    tags = ClusterTaggableManager(through=PageTag, blank=True, verbose_name=_("tags"))

    parent_page_types: ClassVar = ["shop.CategoryPage"]
    subpage_types: ClassVar = []
    content_panels: ClassVar = [
        *BodyPage.first_panels,
        FieldRowPanel([FieldPanel("price"), FieldPanel("sku")]),
        FieldRowPanel([FieldPanel("size"), FieldPanel("origin")]),
        FieldPanel("tags"),
        FieldPanel("body"),
        in_english(
            FieldRowPanel([FieldPanel("size_en"), FieldPanel("origin_en")]),
            FieldPanel("body_en"),
        ),
    ]
    search_fields: ClassVar = [*BodyPage.search_fields, index.SearchField("sku")]

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")

    @property
    def neighbours(self):
        """Other products of the same shelf."""
        others = ProductPage.objects.sibling_of(self, inclusive=False)
        return others.live().select_related("picture")[:4]


class ArticleIndexPage(BilingualPage):
    parent_page_types: ClassVar = ["shop.HomePage"]
    subpage_types: ClassVar = ["shop.ArticlePage"]

    class Meta:
        verbose_name = _("list of articles")
        verbose_name_plural = _("lists of articles")

    @property
    def articles(self):
        articles = ArticlePage.objects.child_of(self).live()
        return articles.order_by("-date").select_related("picture").prefetch_related("tags")


class ArticlePage(BodyPage):
    date = models.DateField(_("date"), default=timezone.localdate)
    author = models.CharField(_("author"), max_length=100, blank=True)
    author_en = models.CharField(_("author (English)"), max_length=100, blank=True)
    tags = ClusterTaggableManager(through=PageTag, blank=True, verbose_name=_("tags"))

    parent_page_types: ClassVar = ["shop.ArticleIndexPage"]
    subpage_types: ClassVar = []
    content_panels: ClassVar = [
        *BodyPage.first_panels,
        FieldRowPanel([FieldPanel("date"), FieldPanel("author"), FieldPanel("author_en")]),
        FieldPanel("tags"),
        *BodyPage.last_panels,
    ]

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")


class SeminarIndexPage(BilingualPage):
    parent_page_types: ClassVar = ["shop.HomePage"]
    subpage_types: ClassVar = ["shop.SeminarPage"]

    class Meta:
        verbose_name = _("list of seminars")
        verbose_name_plural = _("lists of seminars")

    @property
    def coming(self):
        return self._seminars.filter(starts_at__gte=timezone.now()).order_by("starts_at")

    @property
    def past(self):
        return self._seminars.filter(starts_at__lt=timezone.now()).order_by("-starts_at")

    @property
    def _seminars(self):
        return SeminarPage.objects.child_of(self).live().select_related("picture")


class SeminarPage(BodyPage):
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    place = models.CharField(_("place"), max_length=200)
    place_en = models.CharField(_("place (English)"), max_length=200, blank=True)
    fee = models.PositiveIntegerField(_("fee"), default=0, help_text=_("In yen, with tax."))
    seats = models.PositiveIntegerField(_("seats"), default=12)
    tags = ClusterTaggableManager(through=PageTag, blank=True, verbose_name=_("tags"))

    parent_page_types: ClassVar = ["shop.SeminarIndexPage"]
    subpage_types: ClassVar = []
    content_panels: ClassVar = [
        *BodyPage.first_panels,
        FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
        FieldRowPanel([FieldPanel("place"), FieldPanel("place_en")]),
        FieldRowPanel([FieldPanel("fee"), FieldPanel("seats")]),
        FieldPanel("tags"),
        *BodyPage.last_panels,
    ]

    class Meta:
        verbose_name = _("seminar")
        verbose_name_plural = _("seminars")

    @property
    def is_over(self):
        return self.starts_at < timezone.now()


class ContentPage(BodyPage):
    """Anything else: about us, how to order, terms."""

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")

    @property
    def chapters(self):
        return ContentPage.objects.child_of(self).live().select_related("picture")


class ContactPage(FormMixin, ContentPage):
    """A form of Wagtail's own; what is sent is in the admin under "Forms"."""

    template = "shop/contact_page.html"
    landing_page_template = "shop/contact_page_sent.html"
    content_panels: ClassVar = [
        *ContentPage.content_panels,
        FormSubmissionsPanel(),
        InlinePanel("form_fields", label=_("field")),
    ]

    class Meta:
        verbose_name = _("contact form")
        verbose_name_plural = _("contact forms")

    def get_form_fields(self):
        fields = super().get_form_fields()
        for field in fields:
            field.label = (get_language() == "en" and field.label_en) or field.label
        return fields


class ContactField(AbstractFormField):
    page = ParentalKey(ContactPage, on_delete=models.CASCADE, related_name="form_fields")
    label_en = models.CharField(_("label (English)"), max_length=255, blank=True)

    panels: ClassVar = [FieldPanel("label_en"), *AbstractFormField.panels]

    class Meta(AbstractFormField.Meta):
        verbose_name = _("field")
        verbose_name_plural = _("fields")


class MemberPage(BodyPage):
    """A page of the members' or partners' area; its privacy setting asks for a login."""

    class Area(models.TextChoices):
        MEMBERS = "members", _("Members")
        PARTNERS = "partners", _("Partners")

    area = models.CharField(_("area"), max_length=10, choices=Area.choices, default=Area.MEMBERS)

    parent_page_types: ClassVar = ["shop.HomePage", "shop.MemberPage"]
    content_panels: ClassVar = [
        *BodyPage.first_panels,
        FieldPanel("area"),
        *BodyPage.last_panels,
    ]

    class Meta:
        verbose_name = _("members’ page")
        verbose_name_plural = _("members’ pages")

    @property
    def chapters(self):
        return MemberPage.objects.child_of(self).live().select_related("picture")
