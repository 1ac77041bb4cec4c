import datetime
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.members.factories import make_member
from tests.tracking.factories import view
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.last_seen import note_last_seen

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)
NOW = timezone.now().replace(minute=30)


def last_seen():
    """Hours between the hour of ``NOW`` and when each member was last seen."""
    start = NOW.replace(minute=0, second=0, microsecond=0)
    rows = Member.objects.order_by("pk").values_list("last_seen_at", flat=True)
    return [None if seen is None else (seen - start) / HOUR for seen in rows]


def test_each_visitor_is_moved_to_the_latest_hour_and_nobody_back():
    one, two, _silent = make_member(), make_member(), make_member()
    note_last_seen([view(member_id=one.pk, at=NOW), view(member_id=one.pk, at=NOW - 2 * HOUR)])
    note_last_seen([view(member_id=one.pk, at=NOW - HOUR), view(member_id=two.pk, at=NOW + HOUR)])
    assert last_seen() == [0, 1, None]


def test_what_happened_without_a_browser_is_no_visit():
    member = make_member()
    note_last_seen([NewEvent("purchase", member_id=member.pk, at=NOW), view(at=NOW)])
    assert last_seen() == [None]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_is_being_changed_can_wait():
    busy, free = make_member(), make_member()

    def note():
        note_last_seen([view(member_id=busy.pk, at=NOW), view(member_id=free.pk, at=NOW)])
        connection.close()

    worker = threading.Thread(target=note)
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=busy.pk)
        worker.start()
        worker.join(10)
        assert not worker.is_alive()
    assert last_seen() == [None, 0]


@pytest.mark.postgresql
def test_a_batch_costs_one_query(django_assert_num_queries):
    members = [make_member() for _ in range(3)]
    with django_assert_num_queries(1):
        note_last_seen([view(member_id=member.pk, at=NOW) for member in members])
    assert last_seen() == [0, 0, 0]
