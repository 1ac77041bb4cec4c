import datetime
import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from tests.members.factories import make_member
from tests.tracking.factories import view, visit
from wagtail_crm.jobs import beat_schedule
from wagtail_crm.tracking import actions, partitions, tasks, upkeep
from wagtail_crm.tracking.models import DailyTotal, Event, Upkeep, Visitor

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def past():
    """Something to do for most chores."""
    actions.record_events(events=[view(at=timezone.now() - 800 * DAY)])
    actions.forget_visitor(visitor_id=uuid.uuid4())
    Visitor.objects.update(forgotten_at=timezone.now() - 2 * DAY)
    partitions.create_ahead()


def state():
    models = (Event, DailyTotal, Visitor, Upkeep)
    return [model.objects.count() for model in models]


def command(*arguments):
    out = StringIO()
    call_command("crm_maintain", *arguments, stdout=out)
    rows = [line.split(None, 1) for line in out.getvalue().splitlines()]
    return {words: int(number) for number, words in rows if number.isdigit()}


def test_the_command_does_what_a_dry_run_says(past):
    before = state()
    said = command("--dry-run")
    assert state() == before
    assert said["events past their retention dropped"] == 1
    assert said["browsers that said no deleted"] == 1
    assert command() == said
    assert state() == [0, 1, 0, 1]
    assert set(command("--dry-run").values()) == {0}


def test_what_concerns_two_chores_is_done_by_the_first(crm_settings):
    """And so says the dry run: numbers of it can be added up."""
    crm_settings(EVENT_ANONYMISE_DAYS=100, TOTAL_RETENTION_DAYS=740)
    old, older = timezone.now() - 200 * DAY, timezone.now() - 800 * DAY
    handed_over = visit(at=older)
    actions.record_events(events=[visit(at=old), visit(at=older), handed_over])
    actions.link_visitor(visitor_id=handed_over.visitor_id, member=make_member())
    Visitor.objects.filter(member=None).update(forgotten_at=older, last_seen_at=older)
    partitions.create_ahead()
    said = upkeep.forecast()
    done = {"drop_events": 2, "anonymise_events": 1, "delete_unseen": 2, "delete_totals": 2}
    assert said == dict.fromkeys(said, 0) | done
    assert upkeep.run() == said


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has partitions")
def test_a_dry_run_names_months_to_create_and_creates_none():
    [name] = partitions.create_months([partitions.month_of(timezone.now() + 200 * DAY)])
    assert partitions.missing_ahead() == []
    missing = partitions.missing_ahead(8)
    assert name not in missing
    assert missing != []
    assert partitions.missing_ahead(8) == missing
    assert partitions.create_ahead(8) == missing


def test_the_task_works_once_a_day_however_often_it_is_called(past):
    assert tasks.maintain()["drop_events"] == 1
    assert tasks.maintain() == {}
    Upkeep.objects.update(at=timezone.now() - 21 * DAY / 24)
    assert tasks.maintain()["drop_events"] == 0
    assert Upkeep.objects.count() == 2


def test_what_was_done_is_noted(past):
    upkeep.run()
    row = Upkeep.objects.get()
    assert row.done == {chore.slug: row.done[chore.slug] for chore in upkeep.CHORES}
    assert (row.done["drop_events"], upkeep.last_run()) == (1, row.at)


def test_a_chore_that_fails_stops_no_other_and_is_tried_again(past, monkeypatch, caplog):
    broken = upkeep.Chore("broken", "broken", lambda dry: 1 // 0)
    monkeypatch.setattr(upkeep, "CHORES", (broken, *upkeep.CHORES))
    with pytest.raises(CommandError, match="broken"):
        command()
    assert (Event.objects.count(), Visitor.objects.count()) == (0, 0)
    assert "ZeroDivisionError" in caplog.text
    assert upkeep.last_run() is None


def test_one_beat_entry_does_all_of_it():
    ours = [name for name, entry in beat_schedule().items() if "tasks.maintain" in entry["task"]]
    assert ours == ["crm-maintain"]
