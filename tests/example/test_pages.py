import datetime

from django.core.cache import cache
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from example.shop.templatetags.shop import day_and_time, local, yen
from tests.example.site import planted_world


class PagesTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.world = planted_world()

    def page(self, name):
        return self.world.pages[name]

    def speak(self, language):
        self.client.cookies["django_language"] = language

    def open_pages(self):
        restricted = {
            page.pk for page in self.world.pages.values() if page.get_view_restrictions().exists()
        }
        return {page.url for page in self.world.pages.values() if page.pk not in restricted}

    def test_every_open_page_answers_in_both_languages(self):
        for language in ("ja", "en"):
            self.speak(language)
            answers = {url: self.client.get(url).status_code for url in self.open_pages()}
            assert answers == dict.fromkeys(answers, 200)

    def test_english_visitors_read_the_english_fields(self):
        self.speak("en")
        response = self.client.get(self.page("P08").url)
        assert "Sourdough starter kit" in response.text
        assert "サワードウ スターターキット" not in response.text

    def test_members_pages_ask_for_a_login(self):
        page = self.page("club/recipes")
        response = self.client.get(page.url)
        assert response.status_code == 302
        assert response.url == f"{reverse('account_login')}?next={page.url}"

    def test_a_shelf_needs_as_many_queries_for_three_products_as_for_one(self):
        shelf = self.page("shop/tools")
        for product in shelf.get_children()[3:]:
            product.delete()
        three = self.queries_of(shelf)
        for product in shelf.get_children()[1:]:
            product.delete()
        assert self.queries_of(shelf) == three

    def queries_of(self, page):
        cache.clear()
        self.client.get(page.url)
        with CaptureQueriesContext(connection) as queries:
            self.client.get(page.url)
        return len(queries)

    def test_search_finds_a_product(self):
        response = self.client.get(reverse("search"), {"q": "スケッパー"})
        assert self.page("T02").url in response.text

    def test_search_without_words_shows_the_form_alone(self):
        response = self.client.get(reverse("search"))
        assert response.context["pages"] == []

    def test_search_does_not_show_members_pages(self):
        response = self.client.get(reverse("search"), {"q": "業務用価格表"})
        assert self.page("partners/price-list").url not in response.text


def test_local_falls_back_to_japanese():
    with override("en"):
        assert local({"title": "粉", "title_en": ""}, "title") == "粉"


def test_local_prefers_english_for_english_readers():
    thing = {"title": "粉", "title_en": "Flour"}
    with override("en"):
        assert local(thing, "title") == "Flour"
    with override("ja"):
        assert local(thing, "title") == "粉"


def test_yen_groups_thousands():
    assert yen(12800) == "¥12,800"


def test_day_and_time_names_the_weekday():
    moment = datetime.datetime(2026, 5, 9, 1, 0, tzinfo=datetime.UTC)
    with override("ja"):
        assert day_and_time(moment) == "2026年5月9日(土) 10:00"
    with override("en"):
        assert day_and_time(moment) == "Saturday, 9 May 2026, 10:00"
