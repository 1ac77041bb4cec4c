"""The pages of the site, from ``content/``."""

import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from wagtail.models import Page, PageViewRestriction, Site

from example.shop import models

from .album import pictures
from .bodies import Bodies
from .world import content

INDEXES = {
    "shop": (models.CategoryPage, "商品", "Shop", "ingredients"),
    "stories": (models.ArticleIndexPage, "読みもの", "Stories", "morning-table"),
    "seminars": (models.SeminarIndexPage, "教室", "Classes", "dough"),
}
INTROS = {
    "shop": (
        "粉、酵母、道具、型。台所に並べたくなるものだけを、産地から。",
        "Flour, leaven, tools and tins. Only what we would put in our own kitchen.",
    ),
    "stories": (
        "作る人、使う人、そして台所の小さな発見を。",
        "The people who make things, the people who use them, and small discoveries.",
    ),
    "seminars": (
        "東京と大阪の教室、そしてオンラインで。少人数で開いています。",
        "In Tokyo, in Osaka and online. Always few people.",
    ),
}
TYPES = {
    "member": models.MemberPage,
    "content": models.ContentPage,
    "contact": models.ContactPage,
}
COPIED = ("slug", "title", "title_en", "intro", "intro_en", "area")


@transaction.atomic
def plant_tree(world, tick):
    """Make the site with all pages; a site that is there already is left as it is."""
    home = models.HomePage.objects.first()
    if home is None:
        Planter(world).plant(tick)
    else:
        world.today = _first_day(home)
        tick(1)


def _first_day(home):
    return home.first_published_at.astimezone(datetime.datetime.now().astimezone().tzinfo)


class Planter:
    def __init__(self, world):
        self.world = world
        self.pictures = pictures()
        self.bodies = Bodies(self.pictures)
        self.pages = {}
        self.later = []

    def plant(self, tick):
        home = self._home()
        tick(0.1)
        above = {slug: self._index(home, slug) for slug in INDEXES}
        self._shelves(above["shop"])
        tick(0.4)
        self._articles(above["stories"])
        self._seminars(above["seminars"])
        tick(0.3)
        for item in content("pages"):
            self._plain(home, item, path="")
        self._fill_bodies()
        tick(0.2)

    def _home(self):
        texts = content("home")
        root = Page.objects.get(depth=1)
        old = list(Site.objects.filter(is_default_site=True))
        root.get_children().filter(slug="home").delete()
        root = Page.objects.get(depth=1)
        home = models.HomePage(
            slug="home",
            title=texts["title"],
            title_en=texts["title_en"],
            intro=texts["intro"],
            intro_en=texts["intro_en"],
            picture=self.pictures["spread"],
        )
        self._add(root, home, "")
        site = old[0] if old else Site(hostname="localhost", is_default_site=True)
        site.root_page, site.site_name = home, "ひだまり"
        site.save()
        place_site()
        return home

    def _index(self, home, slug):
        model, title, title_en, picture = INDEXES[slug]
        intro, intro_en = INTROS[slug]
        page = model(
            slug=slug,
            title=title,
            title_en=title_en,
            intro=intro,
            intro_en=intro_en,
            picture=self.pictures[picture],
            show_in_menus=True,
        )
        return self._add(home, page, slug)

    def _add(self, parent, page, path, published=None):
        moment = published or self.world.today
        page.first_published_at = page.last_published_at = moment
        parent.add_child(instance=page)
        self.pages[path] = page
        return page

    def _page(self, model, item, **fields):
        copied = {name: item[name] for name in COPIED if name in item}
        picture = self.pictures[item["picture"]] if "picture" in item else None
        return model(**copied, search_description=item.get("intro", ""), picture=picture, **fields)

    def _shelves(self, shop):
        for item in content("products"):
            path = f"shop/{item['slug']}"
            shelf = self._add(shop, self._page(models.CategoryPage, item), path)
            for product in item["products"]:
                self._product(shelf, product, path)

    def _product(self, shelf, item, path):
        names = ("sku", "price", "size", "origin", "size_en", "origin_en")
        page = self._page(
            models.ProductPage,
            item,
            **{name: item[name] for name in names if name in item},
            body=self.bodies.stream([{"text": item["about"]}]),
            body_en=self.bodies.stream([{"text": item["about_en"]}]),
        )
        self._add(shelf, page, f"{path}/{item['slug']}", self.world.days_ago(400))
        self.pages[item["sku"]] = page
        self._tag(page, item)

    @staticmethod
    def _tag(page, item):
        page.tags.add(*item["tags"])
        page.save(clean=False)

    def _articles(self, stories):
        for item in content("articles"):
            published = self.world.days_ago(item["days_ago"], hour=7)
            page = self._page(
                models.ArticlePage,
                item,
                date=published.date(),
                author=item["author"],
                author_en=item["author_en"],
            )
            self._add(stories, page, f"stories/{item['slug']}", published)
            self._tag(page, item)
            self.later.append((page, item))

    def _seminars(self, seminars):
        for item in content("seminars"):
            day = self._saturday_after(item["days"])
            begins, ends = item["hours"]
            page = self._page(
                models.SeminarPage,
                item,
                starts_at=day.replace(hour=begins),
                ends_at=day.replace(hour=ends),
                place=item["place"],
                place_en=item["place_en"],
                fee=item["fee"],
                seats=item["seats"],
                body=self.bodies.stream([{"text": item["body"]}]),
                body_en=self.bodies.stream([{"text": item["body_en"]}]),
            )
            self._add(seminars, page, f"seminars/{item['slug']}", self.world.days_ago(60))
            self._tag(page, item)

    def _saturday_after(self, days):
        day = self.world.days_ago(-days)
        return day + datetime.timedelta(days=(5 - day.weekday()) % 7)

    def _plain(self, parent, item, path):
        model = TYPES[item.get("type", "member")]
        page = self._page(model, item, show_in_menus=item.get("in_menu", False))
        for place, field in enumerate(item.get("fields", ())):
            page.form_fields.add(models.ContactField(sort_order=place, **field))
        path = f"{path}{item['slug']}"
        self._add(parent, page, path)
        self.later.append((page, item))
        if model is models.MemberPage:
            PageViewRestriction.objects.get_or_create(
                page=page, restriction_type=PageViewRestriction.LOGIN
            )
        for child in item.get("children", ()):
            self._plain(page, child, f"{path}/")

    def _fill_bodies(self):
        """Bodies come last: they point at pages that did not exist before."""
        bodies = Bodies(self.pictures, self.pages)
        for page, item in self.later:
            page.body = bodies.stream(item.get("body"))
            page.body_en = bodies.stream(item.get("body_en"))
            page.save(clean=False)


@transaction.atomic
def dress_home(world, segments):
    """Give the home page its welcomes and rows, each for its audience."""
    texts = content("home")
    bodies = Bodies(pictures(), world.pages, segments)
    home = models.HomePage.objects.get(pk=world.site.root_page_id)
    if home.body:
        return
    home.welcome = bodies.stream([{"welcome": _lines(item)} for item in texts["welcome"]])
    home.body = bodies.stream(texts["body"])
    home.save_revision().publish()


def _lines(item):
    """YAML keeps a written \\n as two characters; headlines break there."""
    return {name: text.replace("\\n", "\n") for name, text in item.items()}


def place_site():
    """Write down where the shop answers: links in mails are made from the site's record."""
    address = urlsplit(settings.WAGTAILADMIN_BASE_URL)
    for site in Site.objects.filter(root_page__in=models.HomePage.objects.values("pk")):
        site.hostname, site.port = address.hostname, address.port or 80
        site.save()
