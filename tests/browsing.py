"""Chromium and a running copy of the example site, for tests marked ``browser``."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.db import connection
from playwright.sync_api import sync_playwright

from example.demo.catcher.mailbox import Mailbox
from example.demo.processes import free_port
from example.demo.site import Site
from tests.services import database_url, redis_url

SCREENSHOTS = Path(__file__).parent / "screenshots"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
# Chromium without a window says so, and machines are not recorded.
PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{version} Safari/537.36"
)
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items):
    """One worker runs all browser tests, so that one copy of the site is enough."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))


def _chromium():
    found = next(filter(None, map(shutil.which, PROGRAMS)), MAC)
    if not Path(found).exists():
        pytest.skip("There is no Chromium here. On Debian: apt install chromium fonts-noto-cjk")
    return found


def _version_of(program):
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return re.search(r"[\d.]+", told.stdout).group()


@pytest.fixture(scope="session")
def browser():
    """Chromium, started once."""
    program = _chromium()
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    # What a page sends while it is left carries the browser's own name, whatever it is told.
    named = f"--user-agent={PERSON.format(version=_version_of(program))}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*FLAGS, named])
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser, request):
    """Open a page as another person: ``new_page(locale="en-GB", width=390, color_scheme="dark")``.

    Each has cookies of its own. An uncaught error in a page's JavaScript fails the test.
    """
    contexts, errors = [], []

    def open_page(*, locale="ja-JP", width=1280, height=900, **options):
        options.setdefault("user_agent", PERSON.format(version=browser.version))
        context = browser.new_context(
            locale=locale,
            timezone_id="Asia/Tokyo",
            viewport={"width": width, "height": height},
            **options,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        return page

    yield open_page
    for number, context in enumerate(contexts):
        for page in context.pages:
            _save(page, request.node, f"last-{number}")
        context.close()
    assert errors == []


@pytest.fixture
def page(new_page):
    """A desktop visitor who reads Japanese."""
    return new_page()


@pytest.fixture
def shot(request):
    """``shot(page, "name")`` keeps a screenshot of the whole page in tests/screenshots."""
    return lambda page, name: _save(page, request.node, name)


def _save(page, node, name):
    SCREENSHOTS.mkdir(exist_ok=True)
    test = re.sub(r"\W+", "-", node.name)
    page.screenshot(path=SCREENSHOTS / f"{test}-{name}.png", full_page=True)


@pytest.fixture
def assert_accessible():
    """``assert_accessible(page)``: axe finds no breach of WCAG 2.1 AA (bundled, no download)."""

    def check(page, context=None):
        found = Axe().run(page, context=context, options=WCAG).response["violations"]
        assert [_summary(violation) for violation in found] == []

    return check


def _summary(violation):
    targets = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
    return f"{violation['id']}: {violation['help']} at {targets[:3]}"


class LiveSite:
    """The running site. Objects that the test makes with the ORM are in its database."""

    def __init__(self, site):
        self.site = site
        self.url = site.url.replace("localhost", "127.0.0.1").rstrip("/")
        self.catcher_url = site.catcher_url.replace("localhost", "127.0.0.1")

    def mails(self, words=""):
        """What the catcher got, newest first; with ``words`` only matching subjects, addresses."""
        return Mailbox(self.site.var / "mail").newest(words)

    def manage(self, *arguments):
        """Run ``manage.py`` on the site's database; its output."""
        process = self.site.python(
            "manage.py", "manage.py", *arguments, log=self.site.var / "log" / "manage.log"
        )
        process.start()
        assert process.wait() == 0, process.tail()
        return process.output()

    def process(self, name):
        """One of web, worker, beat, catcher: to be killed, or waited for."""
        return next(process for process in self.site.processes() if process.name == name)

    def clear(self):
        for mail in self.mails():
            mail.path.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def _live_site(pristine, django_db_setup, tmp_path_factory, django_db_blocker):
    if connection.vendor == "sqlite":
        pytest.skip("Browser tests run on PostgreSQL.")
    name = f"live_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    with django_db_blocker.unblock():
        pristine.copy_to(name)
    site = Site(
        var=tmp_path_factory.mktemp("live"),
        port=free_port(),
        smtp_port=free_port(),
        catcher_port=free_port(),
        database_url=database_url(name),
        redis_url=redis_url(1),
        settings_module="tests.live_settings",
        ready_path="admin/login/",  # an empty site has no home page worth a 200
        extra_env={"DEBUG": "0"},
    )
    try:
        site.start()
        yield LiveSite(site)
    finally:
        site.stop()
        with django_db_blocker.unblock():
            pristine.drop(name)


@pytest.fixture
def live_site(_live_site, pristine, django_db_blocker, settings, redis_of):
    """Web, worker, beat and mail catcher, all real, on an empty site of their own.

    Inside the test Django uses the same database and Redis; what it writes is committed.
    """
    name = _live_site.site.database_url.rsplit("/", 1)[1]
    address = _live_site.site.redis_url
    redis_of(address).flushdb()
    _live_site.clear()
    own_name = connection.settings_dict["NAME"]
    settings.REDIS_URL = settings.CELERY_BROKER_URL = address
    settings.CACHES = {"default": {**django_settings.CACHES["default"], "LOCATION": address}}
    settings.WAGTAIL_CRM = {**django_settings.WAGTAIL_CRM, "REDIS_URL": address}
    settings.MEDIA_ROOT = _live_site.site.var / "media"
    with django_db_blocker.unblock():
        pristine.copy_to(name)
        connection.settings_dict["NAME"] = name
        yield _live_site
        connection.close()
        connection.settings_dict["NAME"] = own_name
