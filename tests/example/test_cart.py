from django.conf import settings
from django.test import TestCase, override_settings
from django.urls import reverse

from example.shop.cart import Cart, order_name
from example.shop.models import ProductPage
from example.shop.orders import latest_orders, products
from tests.example.site import planted_world
from tests.members.factories import make_registered_member
from wagtail_crm.tracking.models import Event
from wagtail_crm.tracking.products import Category

BROWSER = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
ALWAYS_RECORDED = settings.WAGTAIL_CRM | {"CONSENT_MODE": "off", "REDIS_URL": None}


class CartTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        planted_world()

    def put(self, sku, **options):
        return self.client.post(reverse("add_to_cart", args=[sku]), follow=True, **options)

    def cart(self):
        return [(line.product.sku, line.quantity) for line in Cart(self.client.session).lines]

    def test_a_product_goes_into_the_cart(self):
        response = self.put("P08")
        assert "¥2,480" in response.text
        assert self.cart() == [("P08", 1)]

    def test_putting_it_in_again_counts_up(self):
        self.put("P08")
        self.put("P08")
        assert self.cart() == [("P08", 2)]

    def test_quantity_zero_takes_it_out(self):
        self.put("P08")
        self.client.post(reverse("change_cart", args=["P08"]), {"quantity": "0"})
        assert self.cart() == []

    def test_a_nonsense_quantity_changes_nothing(self):
        self.put("P08")
        for nonsense in ("", "-1", "many", "²"):
            self.client.post(reverse("change_cart", args=["P08"]), {"quantity": nonsense})
            assert self.cart() == [("P08", 1)]

    def test_an_unknown_product_is_not_found(self):
        assert self.client.post(reverse("add_to_cart", args=["X99"])).status_code == 404

    def test_the_cart_cannot_be_filled_by_a_link(self):
        assert self.client.get(reverse("add_to_cart", args=["P08"])).status_code == 405

    def test_an_order_empties_the_cart_and_thanks(self):
        self.put("P08")
        self.put("P01")
        response = self.client.post(reverse("place_order"), follow=True)
        assert "¥3,460" in response.text
        assert self.cart() == []

    def test_an_empty_cart_cannot_be_ordered(self):
        assert self.client.post(reverse("place_order")).url == reverse("cart")

    @override_settings(WAGTAIL_CRM=ALWAYS_RECORDED)
    def test_an_order_is_in_the_log_with_its_lines(self):
        self.put("P08", headers={"user-agent": BROWSER})
        self.client.post(reverse("place_order"), headers={"user-agent": BROWSER})
        event = Event.objects.get(kind="purchase")
        assert event.value == 2480
        assert event.data["lines"] == [
            {"sku": "P08", "name": "サワードウ スターターキット", "quantity": 1, "price": 2480}
        ]

    @override_settings(WAGTAIL_CRM=ALWAYS_RECORDED)
    def test_the_products_of_an_order_are_in_the_log_beside_it(self):
        member = make_registered_member()
        for user in (None, member.user):
            if user:
                self.client.force_login(user)
            self.put("P08", headers={"user-agent": BROWSER})
            self.put("P08", headers={"user-agent": BROWSER})
            self.client.post(reverse("place_order"), headers={"user-agent": BROWSER})

        items = Event.objects.filter(kind="purchase_item").order_by("-member")
        kit = ProductPage.objects.get(sku="P08").pk
        facts = {"name": "サワードウ スターターキット", "quantity": 2}
        assert list(items.values_list("member_id", "page_id", "subject", "value", "data")) == [
            (member.pk, kit, "sku:P08", 4960, facts),
            (0, kit, "sku:P08", 4960, facts | self.device()),
        ]

    def device(self):
        return {"device": "computer", "os": "Windows", "browser": "Firefox"}

    def test_the_shop_names_its_products_and_their_shelves(self):
        kit = next(product for product in products() if product.code == "P08")
        shelf = ProductPage.objects.get(sku="P08").get_parent()
        assert (kit.name, kit.subject) == ("サワードウ スターターキット", "sku:P08")
        assert kit.categories == (Category(str(shelf.pk), shelf.title),)

    def test_a_members_order_stands_on_their_page_whatever_they_agreed_to(self):
        member = make_registered_member()
        self.client.force_login(member.user)
        self.put("P08", headers={"user-agent": BROWSER})
        response = self.client.post(reverse("place_order"), follow=True)
        assert reverse("wagtail_crm_members:me") in response.text
        orders = latest_orders(None, member)["orders"]
        assert [(order.data["name"], order.value) for order in orders] == [
            ("サワードウ スターターキット", 2480)
        ]
        page = self.client.get(reverse("wagtail_crm_members:me")).text
        assert "ご注文履歴" in page
        assert "¥2,480" in page

    def test_my_page_says_nothing_of_orders_before_the_first(self):
        assert latest_orders(None, make_registered_member()) is None


def test_order_name_counts_the_other_products():
    lines = [{"name": "粉"}, {"name": "型"}, {"name": "鍋"}]
    assert order_name(lines[:1]) == "粉"
    assert order_name(lines) == "粉 ほか2点"
