from django import template
from wagtail.models import Site

register = template.Library()


@register.simple_tag(takes_context=True)
def menu(context):
    """The pages of the main menu."""
    root = Site.find_for_request(context["request"]).root_page
    return root.get_children().live().in_menu()


@register.simple_tag
def trail(page):
    """The pages above this one, below the root of the tree."""
    return page.get_ancestors().filter(depth__gt=1)
