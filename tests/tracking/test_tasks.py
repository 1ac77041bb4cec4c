import datetime

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from tests.members.factories import make_registered_member
from tests.tracking.factories import visit
from wagtail_crm.jobs import jobs
from wagtail_crm.members.models import Member
from wagtail_crm.tracking import buffer, tasks
from wagtail_crm.tracking.actions import record_events, set_aside
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import Event, RefusedEvent
from wagtail_crm.tracking.signals import events_recorded

pytestmark = pytest.mark.django_db


def test_every_task_is_a_job():
    ours = {
        job.task.name.rpartition(".")[2] for job in jobs.values() if "tracking" in job.task.name
    }
    assert ours == {"drain", "retry_refused", "record_missing", "judge_visitors", "maintain"}


def test_drain_writes_everything(crm_settings):
    crm_settings(INGEST_BATCH_SIZE=2)
    buffer.push([visit() for _ in range(5)])
    assert (tasks.drain(), tasks.drain(), Event.objects.count()) == (5, 0, 5)


def test_drain_on_a_worker_stays_and_leaves(monkeypatch):
    monkeypatch.setattr("wagtail_crm.tracking.actions.LINGER", 0.01)
    buffer.push([visit()])
    tasks.drain.push_request(called_directly=False, is_eager=False)
    try:
        assert tasks.drain.run() == 1
    finally:
        tasks.drain.pop_request()
    assert buffer.push([visit()]) is True


def test_drain_without_redis(crm_settings):
    crm_settings(REDIS_URL=None)
    assert tasks.drain() == 0


def test_drain_while_redis_is_away(dead_redis, caplog):
    assert tasks.drain() == 0
    assert "The buffer cannot be read" in caplog.text


def test_what_was_written_before_a_crash_is_not_written_twice(monkeypatch):
    """The worker dies between the commit and the acknowledgement."""
    buffer.push([visit()])
    [(_key, payload)] = next(buffer.batches())
    record_events(events=[NewEvent.from_json(payload)])
    monkeypatch.setattr(buffer, "CLAIM_AFTER", 0)
    assert (tasks.drain(), Event.objects.count(), buffer.length()) == (1, 1, 0)


def test_retry_refused():
    set_aside(payloads=[visit().to_json(), b"rubbish"], reason="?")
    assert (tasks.retry_refused(), Event.objects.count()) == (1, 1)


def test_record_missing():
    make_registered_member()
    Member.objects.update(registered_at=timezone.now() - datetime.timedelta(hours=1))
    assert (tasks.record_missing(), tasks.record_missing()) == (1, 0)


@pytest.fixture
def cut_off():
    """The database goes away once events are written, before anybody has heard of them."""

    def cut(**kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    events_recorded.connect(cut)
    yield cut
    events_recorded.disconnect(cut)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite does not go away")
def test_what_nobody_heard_of_is_told_again(cut_off, heard, monkeypatch):
    event = visit()
    buffer.push([event])

    with pytest.raises(OperationalError):
        tasks.drain()
    connection.close()
    assert (Event.objects.count(), buffer.length(), RefusedEvent.objects.count()) == (1, 1, 0)

    events_recorded.disconnect(cut_off)
    monkeypatch.setattr(buffer, "CLAIM_AFTER", 0)
    heard.clear()
    tasks.drain()
    assert [[each.id for each in batch] for batch in heard] == [[event.id]]
    assert (Event.objects.count(), buffer.length()) == (1, 0)
