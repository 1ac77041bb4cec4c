"""Real processes do a run, and are killed with -9 in the middle of it."""

import os
import signal
import sys
import time

import pytest
from django.db import connection
from django.db.models import Count

from example.demo.processes import Process
from tests.members.factories import make_user
from tests.segments.factories import make_segment
from tests.services import database_url
from wagtail_crm.loyalty.models import Account, Entry
from wagtail_crm.loyalty.segment_action import GivePoints
from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import RunBatch, SegmentRun
from wagtail_crm.segments.runs import actions

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgresql,
    pytest.mark.slow,
]

MEMBERS, KILLS = 6_000, 3


class Workers:
    """``crm_run`` of the example site on the test's own database."""

    def __init__(self, redis_url, folder):
        self.folder, self.started = folder, []
        self.env = {
            "DJANGO_SETTINGS_MODULE": "tests.segments.runs.worker_settings",
            "DATABASE_URL": database_url(connection.settings_dict["NAME"]),
            "REDIS_URL": redis_url,
            "CRM_VAR": str(folder),
        }

    def start(self):
        log = self.folder / f"{len(self.started)}.log"
        command = [sys.executable, "manage.py", "crm_run", "segment_actions"]
        process = Process("crm_run", command, log=log, env=self.env)
        process.start()
        self.started.append(process)
        return process

    def stop(self):
        for process in self.started:
            process.stop()


@pytest.fixture
def workers(redis_url, tmp_path):
    workers = Workers(redis_url, tmp_path)
    yield workers
    workers.stop()


def done_batches():
    return RunBatch.objects.exclude(state="waiting").count()


def wait_until(done, seconds=120):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_nobody_gets_points_twice_and_nobody_is_missed(workers):
    if connection.vendor != "postgresql":
        pytest.skip("Workers need a database that several processes can use.")
    Member.objects.bulk_create(Member(email=f"m{n}@example.jp") for n in range(MEMBERS))
    segment = make_segment(name="Everybody")
    run = actions.start_run(
        segment=segment,
        action=GivePoints(),
        options={"points": 7, "reason": "Thanks"},
        by=make_user(),
    )
    for _kill in range(KILLS):
        before = done_batches()
        worker = workers.start()
        wait_until(lambda before=before: done_batches() > before)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert 0 < done_batches() < RunBatch.objects.count()
    assert SegmentRun.objects.get().status == "running"

    first, second = workers.start(), workers.start()  # side by side
    assert (first.wait(), second.wait()) == (0, 0), first.tail() + second.tail()

    run.refresh_from_db()
    assert (run.status, run.done, run.skipped) == ("done", MEMBERS, {})
    each = Entry.objects.values("account__member").annotate(n=Count("pk"))
    assert sorted(row["n"] for row in each) == [1] * MEMBERS
    members = Account.objects.filter(member__isnull=False)
    assert set(members.values_list("balance", flat=True)) == {7}
