import datetime

import pytest
from celery import current_app
from django.db import connection
from django.db.backends.postgresql import psycopg_any
from django.utils import timezone

from wagtail_crm.tracking import checks
from wagtail_crm.tracking.checks import check_redis_url
from wagtail_crm.tracking.models import Upkeep


@pytest.mark.parametrize(
    "url", ["redis://localhost:6379/1", "rediss://user:secret@host/0", "unix:///tmp/redis", None]
)
def test_good_addresses_of_redis(crm_settings, url):
    crm_settings(REDIS_URL=url)
    assert check_redis_url() == []


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "redis://host:99999", "", 5])
def test_e020_an_address_that_is_none(crm_settings, url):
    crm_settings(REDIS_URL=url)
    assert [problem.id for problem in check_redis_url()] == ["wagtail_crm.E005"]


@pytest.mark.parametrize(
    ("changed", "hints"),
    [
        ({}, []),
        ({"EVENT_ANONYMISE_DAYS": 90, "TOTAL_RETENTION_DAYS": 730}, []),
        ({"EVENT_RETENTION_DAYS": 0}, ["Use at least 1."]),
        ({"EVENT_ANONYMISE_DAYS": 0}, ["Use at least 1."]),
        (
            {"TOTAL_RETENTION_DAYS": 729},
            ["Totals add up events: keep them at least EVENT_RETENTION_DAYS."],
        ),
        ({"EVENT_ANONYMISE_DAYS": 730}, ["Make it less than EVENT_RETENTION_DAYS."]),
    ],
)
def test_e007_times_that_contradict_each_other(crm_settings, changed, hints):
    crm_settings(**changed)
    found = checks.check_retention()
    assert [problem.hint for problem in found] == hints
    assert {problem.id for problem in found} <= {"wagtail_crm.E007"}


def test_e032_a_driver_that_is_too_old(monkeypatch):
    assert checks.check_psycopg() == []
    monkeypatch.setattr(psycopg_any, "is_psycopg3", False)
    wanted = ["wagtail_crm.E032"] if connection.vendor == "postgresql" else []
    assert [problem.id for problem in checks.check_psycopg()] == wanted


@pytest.fixture
def schedule():
    """Celery's schedule, as it was again afterwards."""
    current_app.finalize()
    before = current_app.conf.beat_schedule
    yield lambda entries: current_app.conf.update(beat_schedule=entries)
    current_app.conf.beat_schedule = before


def scheduled():
    return [problem.id for problem in checks.check_upkeep_is_scheduled()]


def test_w030_workers_without_upkeep_in_the_schedule(crm_settings, schedule):
    crm_settings(USE_WORKERS=True)
    assert scheduled() == []
    schedule({"mine": {"task": "wagtail_crm.tracking.tasks.maintain", "schedule": 3600}})
    assert scheduled() == []
    schedule({"other": {"task": "site.tasks.sing", "schedule": 3600}})
    assert scheduled() == ["wagtail_crm.W030"]
    crm_settings(USE_WORKERS=False)
    assert scheduled() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "said"),
    [(None, ["was done never"]), (47, []), (49, ["was done last on"])],
)
def test_w031_upkeep_that_was_not_done_lately(hours, said):
    if hours:
        Upkeep.objects.create(at=timezone.now() - datetime.timedelta(hours=hours))
    found = checks.check_upkeep_was_done()
    assert [problem.id for problem in found] == ["wagtail_crm.W031"] * len(said)
    assert all(words in problem.msg for words, problem in zip(said, found, strict=True))


@pytest.mark.django_db
def test_before_there_is_a_database_nothing_is_overdue():
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {Upkeep._meta.db_table} RENAME TO elsewhere")
    assert checks.check_upkeep_was_done() == []
