"""Fixtures that every room's tests may use; ``browsing`` has those of the browser."""

import email
import email.policy
import functools
import gc
import os

import hypothesis
import pytest
import redis as redis_client
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic
from django.test import TransactionTestCase
from django.test.utils import setup_databases

from example.demo.processes import free_port
from tests.snapshots import snapshot_of_the_run
from wagtail_crm.registry import clear_registries

pytest_plugins = ["tests.browsing"]
# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("crm", deadline=None)
hypothesis.settings.load_profile("crm")
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback"}


def pytest_addoption(parser):
    parser.addoption(
        "--database-only", action="store_true", help="only the tests that touch the database"
    )


def pytest_collection_modifyitems(config, items):
    """On SQLite, leave out what has nothing to do with it."""
    if config.getoption("--database-only"):
        config.hook.pytest_deselected(items=[each for each in items if not _is_of_database(each)])
        items[:] = [item for item in items if _is_of_database(item)]
    # What takes long begins first, so that no worker is left alone with it in the end.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _is_of_database(item):
    if item.get_closest_marker("any_database"):
        return False
    marked = item.get_closest_marker("django_db") is not None
    return marked or bool(DATABASE_FIXTURES & set(item.fixturenames))


def pytest_collection_finish(session):
    """What is there now stays; looking through it for garbage again and again takes long."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.fixture(scope="session")
def pristine(django_test_environment, django_db_modify_db_settings):
    """The migrated database that no test has touched."""
    return snapshot_of_the_run()


@pytest.fixture(scope="session")
def django_db_setup(pristine, django_test_environment, django_db_blocker, django_db_createdb):
    """Migrate only when a migration changed (or with --create-db); else copy what was kept."""
    with django_db_blocker.unblock(), pristine.lock():
        first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
        if (django_db_createdb and first) or not pristine.exists():
            # Not pytest-django's own fixture: it makes no database if only browser tests run.
            setup_databases(verbosity=0, interactive=False)
            pristine.take()
        else:
            pristine.use()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """Bring back the database as the migrations left it, after a test that commits."""
    result = yield
    restore = getattr(item, "restore_database", None)
    if restore:
        restore()
    return result


@pytest.fixture(autouse=True, scope="session")
def _commits_are_not_flushed():
    """Emptying each table takes long, and :func:`_restore_after_commits` makes all of them anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: None)
        yield


@pytest.fixture(autouse=True)
def _restore_after_commits(request):
    marker = request.node.get_closest_marker("django_db")
    commits = marker and (marker.kwargs.get("transaction") or marker.args[:1] == (True,))
    if commits or "transactional_db" in request.fixturenames:
        pristine = request.getfixturevalue("pristine")
        blocker = request.getfixturevalue("django_db_blocker")

        def restore():
            with blocker.unblock():
                pristine.restore()

        request.node.restore_database = restore


@pytest.fixture(scope="session")
def redis_of():
    """Clients by address, kept open."""
    clients = functools.cache(redis_client.from_url)
    yield clients


@pytest.fixture(scope="session")
def own_redis_url():
    return settings.REDIS_URL


@pytest.fixture(autouse=True)
def _empty_redis(own_redis_url, redis_of):
    """Buffer, cache and broker start empty; only this worker's database is touched."""
    redis_of(own_redis_url).flushdb()


@pytest.fixture
def redis_url(own_redis_url):
    """Address of a real Redis that starts empty."""
    return own_redis_url


@pytest.fixture
def redis(own_redis_url, redis_of):
    """A client of the Redis that the package itself uses."""
    return redis_of(own_redis_url)


@pytest.fixture
def registries():
    """For tests that contribute through hooks: registries ask again before and after."""
    clear_registries()
    yield
    clear_registries()


class SmtpSink:
    """Receives mail over SMTP; ``refuse`` maps an address to the reply it gets instead."""

    def __init__(self):
        self.messages = []
        self.recipients = []
        self.refuse = {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append(message)
        self.recipients.append(envelope.rcpt_tos)
        return "250 Message accepted"


@pytest.fixture
def smtp_sink(settings):
    """A real SMTP server; Django's mail goes there. Its ``messages`` are ``EmailMessage``s."""
    sink = SmtpSink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    yield sink
    controller.stop()


@pytest.fixture
def committing(db, monkeypatch):
    """Runs what waits for the commit as if the code's outermost ``atomic`` committed.

    Far faster than tests that really commit; some of those prove that it is the same.
    """
    outside = len(connection.savepoint_ids)
    leave, wait = Atomic.__exit__, BaseDatabaseWrapper.on_commit

    def leave_and_run(self, *details):
        leave(self, *details)
        if len(connection.savepoint_ids) == outside and not connection.needs_rollback:
            waiting, connection.run_on_commit = connection.run_on_commit, []
            for _savepoints, function, _robust in waiting:
                function()

    def run_or_wait(self, function, robust=False):
        if len(self.savepoint_ids) == outside:
            function()
        else:
            wait(self, function, robust)

    monkeypatch.setattr(Atomic, "__exit__", leave_and_run)
    monkeypatch.setattr(BaseDatabaseWrapper, "on_commit", run_or_wait)
