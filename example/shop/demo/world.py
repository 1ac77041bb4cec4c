"""What the builders of the demo share: chance, the day it is, and the pages they have made."""

import datetime
import random
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml
from django.utils import timezone
from faker import Faker
from wagtail.models import Page, Site

CONTENT = Path(__file__).parent / "content"
PASSWORD = "hidamari-demo"  # noqa: S105  # printed for everybody who starts the demo
EDITOR = "editor@hidamari.example"
MEMBER = "yoko@hidamari.example"


def content(name):
    """A file of ``content/`` as plain data."""
    return yaml.safe_load((CONTENT / f"{name}.yaml").read_text(encoding="utf-8"))


@dataclass
class World:
    """One run of ``load_demo``. ``today`` is when the demo was first loaded, so that runs agree."""

    members: int
    days: int
    seed: int
    today: datetime.datetime = field(default_factory=timezone.localtime)
    people: list = field(default_factory=list)

    def chance(self, purpose):
        """A random generator of its own for each purpose: one never disturbs another."""
        return random.Random(f"{self.seed}:{purpose}")

    def faker(self, language):
        faker = Faker("ja_JP" if language == "ja" else "en_GB")
        faker.seed_instance(f"{self.seed}:{language}")
        return faker

    def days_ago(self, days, hour=10):
        """That day at that hour, in the site's time zone."""
        day = self.today - datetime.timedelta(days=days)
        return day.replace(hour=hour, minute=0, second=0, microsecond=0)

    @cached_property
    def site(self):
        return Site.objects.get(is_default_site=True)

    @cached_property
    def pages(self):
        """Every page by its path below the home page (``shop/flour``), products by code too."""
        home = self.site.root_page
        found = {}
        for page in Page.objects.descendant_of(home, inclusive=True).specific():
            path = page.url_path.removeprefix(home.url_path).strip("/")
            found[path] = page
            if hasattr(page, "sku"):
                found[page.sku] = page
        return found

    @cached_property
    def products(self):
        return [page for key, page in self.pages.items() if key == getattr(page, "sku", None)]
