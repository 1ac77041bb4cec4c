"""Work outside requests: enqueued after commit, swept on a schedule, run by crm_run."""

import datetime
import logging
import time
from io import StringIO

import pytest
from celery import Celery, shared_task
from django.core.management import call_command
from django.db import transaction
from kombu import Connection, Queue
from wagtail import hooks

from example.celery import app as example_app
from example.demo.processes import free_port
from wagtail_crm.jobs import Job, beat_schedule, enqueue, jobs

HOOK = "register_crm_jobs"
done = []


@shared_task(name="tests.note")
def note(*ids):
    done.append(ids)
    return f"noted {len(ids)}"


def nothing(*ids):
    """What a worker would do; here only its name travels."""


@pytest.fixture(autouse=True)
def _forget():
    done.clear()


@pytest.fixture
def job(registries):
    made = Job("note", note, datetime.timedelta(minutes=5), "Notes that it ran.")
    with hooks.register_temporarily(HOOK, lambda: [made]):
        yield made


@pytest.fixture
def broker(redis_url):
    """A Celery application that really sends to Redis, and the names of tasks sent so far."""
    app = Celery("sender", broker=redis_url, set_as_current=False)
    task = app.task(nothing, name="tests.sent")

    def waiting():
        with Connection(redis_url) as connection:
            queue = Queue("celery", channel=connection.default_channel)
            messages = iter(lambda: queue.get(no_ack=True), None)
            return [(message.headers["task"], message.payload[0]) for message in messages]

    yield task, waiting
    app.close()


@pytest.mark.django_db(transaction=True)
def test_enqueue_sends_when_the_transaction_commits(broker):
    task, waiting = broker
    with transaction.atomic():
        enqueue(task, 1, 2)
        assert waiting() == []

    assert waiting() == [("tests.sent", [1, 2])]


@pytest.mark.django_db(transaction=True)
def test_enqueue_sends_nothing_when_the_transaction_fails(broker):
    task, waiting = broker
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue(task, 1)
        raise ZeroDivisionError

    assert waiting() == []


@pytest.mark.django_db(transaction=True)
def test_enqueue_leaves_the_work_to_the_sweeper_without_workers(broker, settings):
    task, waiting = broker
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"USE_WORKERS": False}
    enqueue(task, 1)

    assert waiting() == []


@pytest.mark.django_db(transaction=True)
def test_enqueue_survives_a_broker_that_is_gone_and_does_not_wait(caplog):
    app = Celery("nowhere", broker=f"redis://127.0.0.1:{free_port()}/0", set_as_current=False)
    task = app.task(nothing, name="tests.lost")
    started = time.monotonic()
    with caplog.at_level(logging.WARNING, "wagtail_crm.jobs"):
        enqueue(task, 7)

    assert time.monotonic() - started < 1  # somebody is waiting for a page

    assert [record.getMessage() for record in caplog.records] == [
        "No broker: tests.lost(7,) waits for the sweeper."
    ]
    app.close()


def test_beat_schedule_names_every_job(job):
    assert beat_schedule()["crm-note"] == {
        "task": "tests.note",
        "schedule": datetime.timedelta(minutes=5),
    }
    assert set(beat_schedule()) == {f"crm-{slug}" for slug in jobs}


def test_every_task_on_the_schedule_exists():
    example_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in beat_schedule().values()}

    assert scheduled - set(example_app.tasks) == set()


@pytest.mark.django_db
def test_crm_run_runs_the_jobs_it_is_told(job):
    out = StringIO()
    call_command("crm_run", "note", stdout=out)

    assert done == [()]
    assert out.getvalue().startswith("note: noted 0 (")


@pytest.mark.django_db
def test_crm_run_runs_every_job(job):
    out = StringIO()
    call_command("crm_run", stdout=out)

    assert [line.split(":")[0] for line in out.getvalue().splitlines()] == list(jobs)
    assert done == [()]


@pytest.mark.django_db
def test_crm_run_names_the_jobs_when_there_is_no_such_one(job):
    err = StringIO()
    call_command("crm_run", "nothing", stderr=err, stdout=StringIO())

    assert err.getvalue() == f"There is no job 'nothing'. Jobs: {', '.join(jobs)}.\n"
    assert done == []


def test_a_scheduler_that_is_started_anew_every_night_gets_to_every_job():
    seldom = {
        job.slug: job.every for job in jobs.values() if job.every > datetime.timedelta(hours=12)
    }
    assert seldom == {}
