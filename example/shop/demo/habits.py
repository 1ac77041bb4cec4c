"""When people come, on what, from where, and what they look at."""

import datetime

from .people import PERSONAS

# How many visits begin in each hour of the day: commuting, lunch, and evenings on the sofa.
HOURS_ON_WORKDAYS = [3, 1, 1, 0, 0, 1, 4, 9, 8, 5, 5, 6, 11, 8, 5, 5, 5, 6, 8, 11, 15, 17, 14, 8]
HOURS_ON_WEEKENDS = [3, 2, 1, 0, 0, 1, 2, 4, 7, 10, 12, 11, 8, 8, 10, 11, 10, 8, 7, 9, 11, 12, 9, 5]
# Monday to Sunday.
DAYS = [0.9, 0.85, 0.9, 0.95, 1.05, 1.5, 1.6]

DEVICES = [
    ({"device": "phone", "os": "iOS", "browser": "Mobile Safari"}, 44),
    ({"device": "phone", "os": "Android", "browser": "Chrome Mobile"}, 24),
    ({"device": "computer", "os": "Windows", "browser": "Edge"}, 12),
    ({"device": "computer", "os": "Windows", "browser": "Chrome"}, 9),
    ({"device": "computer", "os": "Mac OS X", "browser": "Safari"}, 7),
    ({"device": "tablet", "os": "iOS", "browser": "Mobile Safari"}, 4),
]
TOUCHES = [
    ({}, 58),
    ({"touch": {"referrer": "www.google.com"}}, 22),
    ({"touch": {"referrer": "www.instagram.com", "utm_source": "instagram"}}, 10),
    ({"touch": {"utm_source": "newsletter", "utm_medium": "email"}}, 7),
    ({"touch": {"referrer": "search.yahoo.co.jp"}}, 3),
]
SEARCHES = [
    "サワードウ",
    "食パン",
    "薄力粉",
    "クープ",
    "米粉",
    "発酵バター",
    "タルト",
    "型",
    "元だね",
]


def weighted(chance, pairs):
    things, weights = zip(*pairs, strict=True)
    return chance.choices(things, weights)[0]


def moments(chance, world, since, number):
    """``number`` moments between ``since`` and now that look like people's evenings."""
    first = max(since, world.today - datetime.timedelta(days=world.days))
    days = max((world.today - first).days, 1)
    found = []
    for _each in range(number):
        day = _likely_day(chance, world, days)
        hours = HOURS_ON_WEEKENDS if day.weekday() >= 5 else HOURS_ON_WORKDAYS
        hour = chance.choices(range(24), hours)[0]
        moment = day.replace(hour=hour, minute=0, second=0, microsecond=0)
        moment += datetime.timedelta(seconds=chance.randrange(3600))
        if first <= moment < world.today - datetime.timedelta(minutes=30):
            found.append(moment)
    return sorted(found)


def _likely_day(chance, world, days):
    while True:
        day = world.today - datetime.timedelta(days=chance.randrange(days + 1))
        if chance.random() * max(DAYS) < DAYS[day.weekday()]:
            return day


class Paths:
    """Which pages somebody looks at in one visit."""

    def __init__(self, world):
        self.home = world.pages[""]
        self.world = world
        open_pages = [
            page
            for key, page in world.pages.items()
            if key != getattr(page, "sku", None) and page.depth > 2
        ]
        self.products = list(world.products)
        self.stories = [page for page in open_pages if page._meta.model_name == "articlepage"]
        self.other = [
            page
            for page in open_pages
            if page._meta.model_name in ("seminarpage", "contentpage", "seminarindexpage")
        ]
        self.members_only = [page for page in open_pages if page._meta.model_name == "memberpage"]
        self.tags = {page.pk: set(page.tags.names()) for page in (*self.products, *self.stories)}
        self._popularity = self._zipf(world.chance("popularity"))

    def _zipf(self, chance):
        """Some products and stories are simply more popular."""
        pages = [*self.products, *self.stories]
        chance.shuffle(pages)
        return {page.pk: 1 / (rank + 2) for rank, page in enumerate(pages)}

    def weights(self, pages, persona):
        liked = set(PERSONAS[persona][2])
        return [
            self._popularity[page.pk] * (9 if self.tags[page.pk] & liked else 1) for page in pages
        ]

    def walk(self, chance, persona, is_member):
        """The pages of one visit, in order."""
        length = min(1 + int(chance.expovariate(0.36)), 14)
        path = [self.home] if chance.random() < 0.45 else []
        while len(path) < length:
            path += self._step(chance, persona, is_member)
        return path[:length]

    def _step(self, chance, persona, is_member):
        kind = chance.random()
        if kind < 0.5:
            product = chance.choices(self.products, self.weights(self.products, persona))[0]
            shelf = self.world.pages[self._shelf_path(product)]
            return [shelf, product] if chance.random() < 0.4 else [product]
        if kind < 0.82:
            return chance.choices(self.stories, self.weights(self.stories, persona))
        if kind < 0.92 or not is_member:
            return [chance.choice(self.other)]
        area = "partners" if persona == "partner" else "members"
        return [chance.choice([page for page in self.members_only if page.area == area])]

    def _shelf_path(self, product):
        return product.url_path.removeprefix(self.home.url_path).strip("/").rpartition("/")[0]
