"""Makers of segments with members, pages, and requests of members."""

import itertools

from django.template import engines
from django.test import RequestFactory
from wagtail.models import Site

from example.shop.models import ContentPage, ProductPage
from wagtail_crm.segments.models import Membership, Segment
from wagtail_crm.tracking.context import Crm

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_numbers = itertools.count(1)


def make_segment(name, *members, **fields):
    found = Segment.objects.create(name=name, **fields)
    for member in members:
        Membership.objects.create(segment=found, member=member)
    return found


def root_page():
    return Site.objects.get(is_default_site=True).root_page


def make_page(title="Page", parent=None, model=ContentPage, **fields):
    page = model(title=title, slug=f"page-{next(_numbers)}", **fields)
    return (parent or root_page()).add_child(instance=page)


def make_product(title, parent=None, **fields):
    fields = {"sku": f"S{next(_numbers)}", "price": 100} | fields
    return make_page(title, parent, ProductPage, **fields)


class Session(dict):
    session_key = "key"
    modified = False


def make_request(member=None, path="/", cookies=(), **headers):
    """A GET by a member's account, or by nobody, with ``request.crm``."""
    request = RequestFactory(headers={"User-Agent": BROWSER} | headers).get(path)
    request.COOKIES.update(cookies)
    request.user = member.user if member else None
    request.session = Session({"_auth_user_id": str(member.user_id)} if member else {})
    request.crm = Crm(request)
    return request


def render(source, request, **context):
    template = engines["django"].from_string("{% load crm %}" + source)
    return template.render(context, request)
