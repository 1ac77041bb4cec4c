import datetime
import uuid

import pytest
from django.utils import timezone

from tests.members.factories import make_member
from tests.tracking.factories import view, visit
from wagtail_crm.tracking import actions, partitions
from wagtail_crm.tracking.models import DailyTotal, Event, RefusedEvent, Visitor
from wagtail_crm.tracking.retention import expire

pytestmark = pytest.mark.django_db


def ago(days):
    return timezone.now() - datetime.timedelta(days=days)


def test_old_events_go_and_totals_stay():
    old, fresh = view(at=ago(770)), view(at=ago(700))
    actions.record_events(events=[old, fresh])
    assert expire() == 1
    assert Event.objects.get().pk == fresh.id
    assert DailyTotal.objects.count() == 2


def test_old_months_go_as_a_whole():
    old = view(at=ago(800))
    actions.record_events(events=[old])
    partitions.create_ahead()
    assert expire() == 1
    assert Event.objects.count() == 0


def test_the_site_says_how_long(crm_settings):
    actions.record_events(events=[view(at=ago(100))])
    crm_settings(EVENT_RETENTION_DAYS=30)
    assert expire() == 1


def test_browsers_that_do_not_come_back_are_forgotten_with_their_cookie():
    gone, here, owned = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    actions.record_events(
        events=[
            visit(visitor_id=gone, at=ago(370)),
            visit(visitor_id=here, at=ago(360)),
            visit(visitor_id=owned, at=ago(370)),
        ]
    )
    actions.link_visitor(visitor_id=owned, member=make_member())
    expire()
    assert set(Visitor.objects.values_list("pk", flat=True)) == {here, owned}


def test_the_id_of_a_browser_that_said_no_goes_after_a_day():
    for _ in range(2):
        actions.forget_visitor(visitor_id=uuid.uuid4())
    Visitor.objects.filter(pk=Visitor.objects.first().pk).update(forgotten_at=ago(2))
    assert expire() == 1
    assert Visitor.objects.count() == 1


def test_totals_that_hand_overs_emptied_go():
    visitor, member = uuid.uuid4(), make_member()
    actions.record_events(events=[visit(visitor_id=visitor)])
    actions.link_visitor(visitor_id=visitor, member=member)
    assert DailyTotal.objects.count() == 2
    expire()
    assert DailyTotal.objects.get().member == member


def test_old_refusals_go():
    actions.set_aside(payloads=[b"", b""], reason="?")
    RefusedEvent.objects.filter(pk=RefusedEvent.objects.first().pk).update(at=ago(800))
    assert expire() == 1


def test_nothing_to_do_is_nothing():
    assert expire() == 0
