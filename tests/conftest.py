"""Fixtures that every room's tests may use."""

import email
import email.policy

import pytest
import redis as redis_client
from aiosmtpd.controller import Controller
from django.conf import settings

from example.demo.processes import free_port
from wagtail_crm.registry import clear_registries


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
        self.messages.append(
            email.message_from_bytes(envelope.content, policy=email.policy.default)
        )
        self.recipients.append(envelope.rcpt_tos)
        return "250 Message accepted"


@pytest.fixture(scope="session")
def _redis_connection():
    with redis_client.from_url(settings.REDIS_URL) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _empty_redis(_redis_connection):
    """Buffer, cache and broker start empty; only this worker's database is touched."""
    _redis_connection.flushdb()


@pytest.fixture
def redis_url():
    """Address of a real Redis that starts empty."""
    return settings.REDIS_URL


@pytest.fixture
def redis(_redis_connection):
    """A client of the Redis that the package itself uses."""
    return _redis_connection


@pytest.fixture
def registries():
    """For tests that contribute through hooks: registries ask again before and after."""
    clear_registries()
    yield
    clear_registries()


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
