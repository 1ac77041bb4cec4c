"""Segments follow what is thought of a member's browser."""

import uuid

import pytest

from tests.members.factories import make_registered_member
from tests.segments.factories import behaviour, make_segment, members_of
from tests.tracking.factories import make_site, visit
from wagtail_crm.tracking import actions, verdicts
from wagtail_crm.tracking.models import Reason, Verdict

pytestmark = pytest.mark.django_db


def test_a_machines_visits_make_nobody_a_member_of_a_segment(django_capture_on_commit_callbacks):
    make_site()
    member, visitor = make_registered_member(), uuid.uuid4()

    def judge(verdict):
        with django_capture_on_commit_callbacks(execute=True):
            verdicts.judge_visitor(visitor_id=visitor, verdict=verdict, reason=Reason.COLLEAGUE)

    with django_capture_on_commit_callbacks(execute=True):
        segment = make_segment(behaviour())
        actions.record_events(events=[visit(visitor_id=visitor)])
        actions.link_visitor(visitor_id=visitor, member=member)
    assert members_of(segment) == {member.pk}
    judge(Verdict.MACHINE)
    assert members_of(segment) == set()
    judge(Verdict.HUMAN)
    assert members_of(segment) == {member.pk}
