"""Points for everybody in a segment: each once, whatever is tried again."""

import pytest

from tests.loyalty.factories import balance, make_staff
from tests.members.factories import make_member
from tests.segments.factories import make_segment
from wagtail_crm.loyalty.models import Entry
from wagtail_crm.loyalty.segment_action import GivePoints
from wagtail_crm.segments.models import RunBatch
from wagtail_crm.segments.runs import actions
from wagtail_crm.segments.runs.action import Batch, actions_for
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def segment(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for _number in range(3):
            make_member()
        return make_segment(name="Everybody")


@pytest.fixture
def run(segment):
    options = {"points": 50, "reason": "Thanks"}
    return actions.start_run(segment=segment, action=GivePoints(), options=options, by=make_staff())


def test_everybody_gets_them_with_the_reason(segment, run):
    actions.work_on(run_id=run.pk)

    people = [membership.member for membership in segment.memberships.all()]
    assert [balance(member) for member in people] == [50, 50, 50]
    assert set(Entry.objects.values_list("label", "staff")) == {("Thanks", run.started_by_id)}
    assert Event.objects.filter(kind="points").count() == 3


def test_the_same_batch_again_gives_nothing(run):
    batch = RunBatch.objects.get()
    again = Batch(run, batch.number, batch.member_ids)

    GivePoints().apply(again)
    GivePoints().apply(again)

    assert Entry.objects.count() == 3


def test_another_run_gives_again(segment, run):
    other = actions.start_run(
        segment=segment, action=GivePoints(), options=run.options, by=run.started_by
    )
    for each in (run, other):
        actions.work_on(run_id=each.pk)

    assert Entry.objects.count() == 6


def test_is_for_those_who_may_change_points():
    assert actions_for(make_staff("view_entry")) == []
    allowed = [action.slug for action in actions_for(make_staff("adjust_points"))]
    assert allowed == ["points"]


@pytest.mark.parametrize("points", ["0", "-5", "", "1.5"])
def test_only_whole_points_are_given(segment, points):
    form = GivePoints.form_class(
        {"points": points, "reason": "x"}, segment=segment, user=make_staff()
    )

    assert list(form.errors) == ["points"]
