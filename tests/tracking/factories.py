"""Makers of pages, events and visitors' browsers."""

import uuid

from django.test import Client, TestCase
from wagtail.models import Page, Site

from example.shop.models import ContentPage
from wagtail_crm.tracking.events import NewEvent

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def make_page(title="Sourdough", parent=None, **fields):
    """A live page below the home page of the default site, at ``/<slug>/``."""
    root = parent or Site.objects.get(is_default_site=True).root_page
    return root.add_child(instance=ContentPage(title=title, **fields))


def make_site():
    """A default site with a root page, whatever the migrations left."""
    root = Page.objects.get(depth=1)
    home = root.get_children().first() or root.add_child(instance=Page(title="Home"))
    Site.objects.get_or_create(
        is_default_site=True, defaults={"hostname": "testserver", "root_page": home}
    )
    Site.clear_site_root_paths_cache()
    return home


class CommittingClient(Client):
    """What waits for the end of a request's transactions is done, as on a real site."""

    def request(self, **request):
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().request(**request)


def make_browser(consent="yes", user=None, agent=CHROME, commits=False):
    """A client that looks like a person's browser; ``consent``: yes, no or None."""
    client = (CommittingClient if commits else Client)(headers={"user-agent": agent})
    if consent:
        client.cookies["crm_consent"] = f"1:{consent}"
    if user is not None:
        client.force_login(user)
    return client


def view(page_id=5, **fields):
    fields.setdefault("site_id", 1)
    return NewEvent("page_view", page_id=page_id, **fields)


def visit(page_id=5, **fields):
    """A view by a browser nobody has logged in on."""
    fields.setdefault("visitor_id", uuid.uuid4())
    return view(page_id, **fields)
