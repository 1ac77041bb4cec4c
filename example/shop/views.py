"""Cart, order and search: what is not a page of the tree."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from wagtail.models import Page

from wagtail_crm.tracking.searches import record_search

from .cart import Cart
from .models import ProductPage
from .orders import remember_order
from .templatetags.shop import local


def show_cart(request):
    return render(request, "shop/cart.html", {"cart": Cart(request.session)})


@require_POST
def add_to_cart(request, sku):
    product = get_object_or_404(ProductPage.objects.live(), sku=sku)
    Cart(request.session).add(product)
    request.crm.track(
        "cart_add", page=product, subject=f"sku:{sku}", value=product.price, name=product.title
    )
    name = local(product, "title")
    messages.success(request, _("“%(name)s” is in your cart.") % {"name": name})
    return redirect("cart")


@require_POST
def change_cart(request, sku):
    product = get_object_or_404(ProductPage, sku=sku)
    quantity = request.POST.get("quantity", "")
    if quantity.isdecimal():
        Cart(request.session).put(product, int(quantity))
    return redirect("cart")


@require_POST
def place_order(request):
    """Nothing is charged or sent: the order becomes a purchase in the member's history."""
    cart = Cart(request.session)
    if not cart.lines:
        return redirect("cart")
    number = get_random_string(8, "0123456789")
    remember_order(request, number, cart)
    request.session["last_order"] = {"number": number, "total": cart.total}
    cart.clear()
    return redirect("order_done")


@require_GET
def order_done(request):
    order = request.session.get("last_order")
    return render(request, "shop/order_done.html", {"order": order}) if order else redirect("cart")


def find(words):
    """Pages with these words; else, as Japanese has no spaces, with these letters in the title."""
    pages = Page.objects.live().public()
    return list(pages.search(words)) or list(pages.filter(title__icontains=words))


@require_GET
def search(request):
    words = request.GET.get("q", "").strip()[:100]
    pages = find(words)[:30] if words else []
    if words:
        record_search(request, words, results=len(pages))
    return render(request, "shop/search.html", {"words": words, "pages": pages})
