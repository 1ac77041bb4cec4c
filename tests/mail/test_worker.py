"""A real Celery worker, killed with -9 in the middle of a campaign."""

import os
import signal
import sys
import time
from collections import Counter

import pytest
from django.db import connection

from example.demo.processes import Process
from tests.mail.factories import make_campaign, make_many_readers
from tests.services import database_url
from wagtail_crm.mail import actions
from wagtail_crm.mail.models import Campaign, Delivery

RECIPIENTS = 200
KILLED_AT = 60


class Site:
    """Programs of the example site on the test's own database, Redis and mail server."""

    def __init__(self, sink_settings, redis_url, folder):
        self.folder = folder
        self.env = {
            "DJANGO_SETTINGS_MODULE": "tests.mail.worker_settings",
            "DATABASE_URL": database_url(connection.settings_dict["NAME"]),
            "REDIS_URL": redis_url,
            "CRM_VAR": str(folder),
            "EMAIL_HOST": sink_settings.EMAIL_HOST,
            "EMAIL_PORT": str(sink_settings.EMAIL_PORT),
            "PYTHONUNBUFFERED": "1",
        }
        self.started = []

    def start(self, name, *command):
        log = self.folder / f"{name}-{len(self.started)}.log"
        process = Process(name, [sys.executable, *command], log=log, env=self.env)
        process.start()
        self.started.append(process)
        return process

    def worker(self):
        worker = self.start(
            "worker", "-m", "celery", "-A", "example.celery", "worker", "-c", "1", "-l", "INFO"
        )
        worker.wait_until(lambda: " ready." in worker.output(), seconds=120)
        return worker

    def sweep(self):
        command = self.start("sweep", "manage.py", "crm_run", "mail")
        assert command.wait() == 0, command.tail()

    def stop(self):
        for process in self.started:
            process.stop()


@pytest.fixture
def site(smtp_sink, settings, redis_url, tmp_path):
    site = Site(settings, redis_url, tmp_path)
    yield site
    site.stop()


def kill_at(sink, number, process, *, accepted):
    """Have the sink kill ``process`` when mail ``number`` arrives, before or after it is in."""
    receive, kill = sink.handle_DATA, [True]

    async def handle(server, session, envelope):
        due = kill and len(sink.messages) == number - 1
        if due and not accepted:
            os.killpg(process.pid, signal.SIGKILL)
            kill.clear()
            return "451 Nobody is left to read this"
        reply = await receive(server, session, envelope)
        if due:
            os.killpg(process.pid, signal.SIGKILL)
            kill.clear()
        return reply

    sink.handle_DATA = handle
    return kill


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("accepted", "twice"), [(False, 0), (True, 1)])
def test_nobody_is_missed_when_a_worker_is_killed(site, smtp_sink, accepted, twice):
    """Nobody gets it twice either, but the one whose mail the server had just accepted."""
    if connection.vendor != "postgresql":
        pytest.skip("Workers need a database that several processes can use.")
    readers = make_many_readers(RECIPIENTS)
    campaign = actions.start_campaign(campaign=make_campaign())
    worker = site.worker()
    waiting = kill_at(smtp_sink, KILLED_AT, worker, accepted=accepted)

    site.sweep()
    wait_until(lambda: not waiting)
    worker.wait()
    assert Campaign.objects.get().status == "sending"
    assert 0 < Delivery.objects.in_hand().count() <= 25
    site.worker()
    wait_until(lambda: site.sweep() or Campaign.objects.get().status == "sent")

    got = Counter(to for [to] in smtp_sink.recipients)
    assert set(got) == {reader.email for reader in readers}
    assert sum(number - 1 for number in got.values()) == twice
    ids = Counter(message["Message-ID"] for message in smtp_sink.messages)
    assert len(ids) == RECIPIENTS
    campaign.refresh_from_db()
    assert (campaign.sent, campaign.failed, campaign.skipped) == (RECIPIENTS, 0, 0)


def wait_until(done, seconds=90):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)
