"""Small words of the site's templates."""

from itertools import groupby

from django import template
from django.core.cache import cache
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from wagtail.models import Page, Site

from example.shop.cart import Cart
from example.shop.models import ContentPage
from wagtail_crm.segments.audience import Viewer

register = template.Library()
MENU_SECONDS = 60


@register.filter
def local(thing, name):
    """Field ``name`` of a page or a block in the visitor's language, else in Japanese."""
    read = thing.get if hasattr(thing, "get") else lambda key: getattr(thing, key, "")
    english = get_language() == "en" and read(f"{name}_en")
    return english or read(name)


@register.filter
def yen(amount):
    """An amount of yen; nothing for an order that was imported without one."""
    return "" if amount is None else f"¥{amount:,.0f}"


@register.filter
def type_name(page):
    """The name of the page's type, in lower case: ``productpage``."""
    return page._meta.model_name


@register.filter
def day_and_time(moment):
    """``2026年5月9日(土) 10:00`` or ``Saturday, 9 May 2026, 10:00``, in the visitor's language."""
    pattern = "Y年n月j日(D) H:i" if get_language() == "ja" else "l, j F Y, H:i"
    return date_format(timezone.localtime(moment), pattern)


@register.simple_tag(takes_context=True)
def navigation(context):
    """The pages below the home page that are shown in menus: url, title, title_en."""
    return _kept(
        context, "navigation", lambda home: home.get_children().live().in_menu().specific()
    )


@register.simple_tag(takes_context=True)
def footer_pages(context):
    """The plain pages below the home page, which stand at the foot of every page."""
    return _kept(context, "footer", lambda home: ContentPage.objects.child_of(home).live())


def _kept(context, name, find):
    site = Site.find_for_request(context["request"]) if "request" in context else None
    if site is None:
        return []

    def links():
        return [
            {"url": page.url, "title": page.title, "title_en": getattr(page, "title_en", "")}
            for page in find(site.root_page)
        ]

    return cache.get_or_set(f"shop-{name}-{site.pk}", links, MENU_SECONDS)


@register.simple_tag
def trail(page):
    """The pages above this one, from the home page down."""
    return [] if page is None else page.get_ancestors().filter(depth__gt=1).specific()


@register.simple_tag
def with_pictures(pages):
    """The live pages among these as what they are, with their pictures; a query for each type."""
    ids = [page.pk for page in pages if page is not None]
    found = {page.pk: page for page in Page.objects.live().filter(pk__in=ids).specific()}
    for _type, alike in groupby(sorted(found.values(), key=type_name), type_name):
        prefetch_related_objects(list(alike), "picture")
    return [found[pk] for pk in ids if pk in found]


@register.simple_tag(takes_context=True)
def first_for_visitor(context, stream):
    """The first block of ``stream`` whose audience the visitor belongs to, or None."""
    viewer = Viewer.of_context(context.flatten())
    for block in stream:
        if block.block.audience_of(block.value).decide(viewer).shown:
            return block
    return None


@register.simple_tag(takes_context=True)
def cart_count(context):
    request = context.get("request")
    return Cart(request.session).count if request and hasattr(request, "session") else 0
