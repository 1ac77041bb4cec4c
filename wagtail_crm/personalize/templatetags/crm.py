"""``{% load crm %}``: what a page knows of the person who reads it.

All tags work on pages and in previews; without a member they show what was meant for everybody.

- ``{% segment "Gold" "Bakers" %}…{% else %}…{% endsegment %}``: for members of any of them.
- ``{% member_field "family_name" default="you" %}``: a merge field, escaped.
- ``{% recently_viewed 5 as pages %}``, ``{% popular_pages 5 days=7 as pages %}``.
"""

from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token

from wagtail_crm.members.placeholders import placeholders
from wagtail_crm.personalize import seen
from wagtail_crm.personalize.names import segment_names
from wagtail_crm.segments.audience import Viewer
from wagtail_crm.segments.models import Segment

register = template.Library()


class SegmentNode(Node):
    def __init__(self, names: list[FilterExpression], inside: NodeList, outside: NodeList) -> None:
        self.names = names
        self.inside = inside
        self.outside = outside

    child_nodelists = ("inside", "outside")

    def render(self, context: template.Context) -> str:
        wanted = {_segment_id(name.resolve(context)) for name in self.names}
        seen_by = Viewer.of_context(context).segments
        chosen = self.inside if any(pk in seen_by for pk in wanted) else self.outside
        return chosen.render(context)


def _segment_id(named: Any) -> int | None:
    if isinstance(named, Segment):
        return named.pk
    return segment_names.id_of(str(named)) if named else None


@register.tag
def segment(parser: Parser, token: Token) -> SegmentNode:
    """Content for members who are in any of the named segments, and ``{% else %}`` for others.

    A name is the segment's name in the admin (or a variable with a name or a segment). Nobody
    is in a segment that was renamed, unpublished or deleted; the log says so once.
    """
    tag, *names = token.split_contents()
    if not names:
        raise template.TemplateSyntaxError(f"'{tag}' needs the name of a segment.")
    inside = parser.parse(("else", "endsegment"))
    outside = NodeList()
    if parser.next_token().contents == "else":
        outside = parser.parse(("endsegment",))
        parser.delete_first_token()
    return SegmentNode([parser.compile_filter(name) for name in names], inside, outside)


@register.simple_tag(takes_context=True)
def member_field(context: template.Context, field: str, default: str = "") -> str:
    """What is known of the member: ``name``, ``points``, ``attributes.prefecture``, …

    The list is that of the merge fields of mails. ``default`` stands in for nobody and nothing.
    """
    if field not in placeholders and not field.startswith("attributes."):
        raise template.TemplateSyntaxError(
            f"There is no member field {field!r}. Fields: {', '.join(placeholders)}, attributes.…"
        )
    crm = getattr(context.get("request"), "crm", None)
    if crm is None:
        return default
    crm.mark_personal()
    return crm.part("words", {}).get(field) or default


@register.simple_tag(takes_context=True)
def recently_viewed(context: template.Context, number: int = 5, type: str = "") -> list:
    """Pages this visitor saw lately, newest first, without the page they are on.

    ``type`` restricts them to one page type, e.g. ``"shop.ProductPage"``.
    """
    return seen.recently_viewed(context["request"], number, context.get("page"), type)


@register.simple_tag(takes_context=True)
def popular_pages(
    context: template.Context, number: int = 5, days: int = 7, type: str = ""
) -> list:
    """Pages of this site that were seen most in the last ``days``, without the present one."""
    return seen.popular_pages(context["request"], number, days, context.get("page"), type)
