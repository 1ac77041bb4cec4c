from django.urls import path

from . import views

urlpatterns = [
    path("cart/", views.show_cart, name="cart"),
    path("cart/order/", views.place_order, name="place_order"),
    path("cart/done/", views.order_done, name="order_done"),
    path("cart/add/<slug:sku>/", views.add_to_cart, name="add_to_cart"),
    path("cart/change/<slug:sku>/", views.change_cart, name="change_cart"),
    path("search/", views.search, name="search"),
]
