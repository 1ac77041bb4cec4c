import datetime
import logging
import threading
import uuid
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models.signals import post_delete
from django.utils import timezone

from tests.members.factories import make_member
from tests.tracking.factories import view, visit
from wagtail_crm.tracking import actions, partitions, retention
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import DailyTotal, Event, RefusedEvent, Upkeep, Visitor

pytestmark = pytest.mark.django_db


def ago(days):
    return timezone.now() - datetime.timedelta(days=days)


def does(chore):
    """What the chore says it would do, and then does."""
    said = chore(dry=True)
    assert chore(dry=True) == said
    assert chore(dry=False) == said
    assert chore(dry=True) == 0
    return said


def test_old_events_go_and_totals_stay():
    old, fresh = view(at=ago(770)), view(at=ago(700))
    actions.record_events(events=[old, fresh])
    assert does(retention.drop_events) == 1
    assert Event.objects.get().pk == fresh.id
    assert DailyTotal.objects.count() == 2


def test_old_months_go_as_a_whole(caplog):
    actions.record_events(events=[view(at=ago(800)), view(at=ago(800))])
    partitions.create_ahead()
    with caplog.at_level(logging.INFO):
        assert does(retention.drop_events) == 2
    assert Event.objects.count() == 0
    assert partitions.ended_before(ago(730)) == []
    assert ("was dropped" in caplog.text) is partitions.is_partitioned()


def test_the_site_says_how_long(crm_settings):
    actions.record_events(events=[view(at=ago(100))])
    crm_settings(EVENT_RETENTION_DAYS=30)
    assert does(retention.drop_events) == 1


def test_nothing_is_made_anonymous_unless_the_site_says_so():
    actions.record_events(events=[view(at=ago(700), member_id=make_member().pk)])
    assert does(retention.anonymise_events) == 0


def test_events_that_are_made_anonymous_lose_who_and_keep_what(crm_settings):
    crm_settings(EVENT_ANONYMISE_DAYS=180)
    member, visitor = make_member(), uuid.uuid4()
    mine = view(at=ago(200), member_id=member.pk, visitor_id=visitor, data={"touch": {"a": "b"}})
    nobodys = visit(at=ago(200))
    bought = {"member_id": member.pk, "subject": "order:7", "value": Decimal(3)}
    order = NewEvent("purchase", at=ago(200), **bought)
    fresh = view(at=ago(100), member_id=member.pk)
    actions.record_events(events=[mine, nobodys, order, fresh])
    before = list(DailyTotal.objects.order_by("pk").values())

    assert does(retention.anonymise_events) == 3

    rows = {row.pk: row for row in Event.objects.all()}
    for event in (mine, nobodys, order):
        row = rows[event.id]
        assert (row.member_id, row.visitor_id, row.data, row.handed_over) == (0, None, {}, False)
    assert (rows[mine.id].page_id, rows[mine.id].kind) == (mine.page_id, "page_view")
    assert (rows[order.id].subject, rows[order.id].value) == ("", 3)
    assert rows[fresh.id].member_id == member.pk
    assert list(DailyTotal.objects.order_by("pk").values()) == before


def test_what_is_anonymous_is_neither_handed_over_nor_written_again(crm_settings):
    crm_settings(EVENT_ANONYMISE_DAYS=180)
    member, old = make_member(), visit(at=ago(200))
    actions.record_events(events=[old])
    retention.anonymise_events(dry=False)
    actions.link_visitor(visitor_id=old.visitor_id, member=member)
    actions.record_events(events=[old])
    assert list(Event.objects.values_list("member_id", "visitor_id")) == [(0, None)]


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
    assert does(retention.delete_unseen_visitors) == 1
    assert set(Visitor.objects.values_list("pk", flat=True)) == {here, owned}


def test_the_id_of_a_browser_that_said_no_goes_after_a_day():
    for _ in range(2):
        actions.forget_visitor(visitor_id=uuid.uuid4())
    Visitor.objects.filter(pk=Visitor.objects.first().pk).update(forgotten_at=ago(2))
    assert does(retention.delete_forgotten_visitors) == 1
    assert Visitor.objects.count() == 1


def test_totals_that_hand_overs_emptied_go():
    visitor, member = uuid.uuid4(), make_member()
    actions.record_events(events=[visit(visitor_id=visitor)])
    actions.link_visitor(visitor_id=visitor, member=member)
    assert does(retention.delete_empty_totals) == 1
    assert DailyTotal.objects.get().member == member


def test_totals_stay_for_ever_unless_the_site_says_otherwise(crm_settings):
    actions.record_events(events=[view(at=ago(4000)), view(at=ago(1000))])
    assert does(retention.delete_totals) == 0
    crm_settings(TOTAL_RETENTION_DAYS=3650)
    assert does(retention.delete_totals) == 1
    assert DailyTotal.objects.get().day == retention.local_day(ago(1000))


@pytest.mark.parametrize(("anonymise", "gone"), [(None, 1), (90, 2)])
def test_old_refusals_go(crm_settings, anonymise, gone):
    crm_settings(EVENT_ANONYMISE_DAYS=anonymise)
    actions.set_aside(payloads=[b"", b"", b""], reason="?")
    for row, days in zip(RefusedEvent.objects.all(), (800, 100, 1), strict=True):
        RefusedEvent.objects.filter(pk=row.pk).update(at=ago(days))
    assert does(retention.delete_refused_events) == gone


def test_notes_of_upkeep_go():
    Upkeep.objects.create(at=ago(500))
    Upkeep.objects.create(at=ago(300))
    assert does(retention.delete_old_upkeep) == 1


def test_many_rows_go_in_pieces(monkeypatch, crm_settings, django_assert_max_num_queries):
    monkeypatch.setattr(retention, "ROWS_AT_A_TIME", 2)
    crm_settings(EVENT_ANONYMISE_DAYS=10)
    actions.record_events(events=[visit(at=ago(20)) for _ in range(5)])
    assert does(retention.anonymise_events) == 5
    assert not Event.objects.exclude(visitor=None).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_total_that_is_being_counted_is_not_deleted():
    """Even where some app hears of every deletion, for which Django reads rows before."""
    visitor = uuid.uuid4()
    first = visit(visitor_id=visitor)
    actions.record_events(events=[first])
    actions.link_visitor(visitor_id=visitor, member=make_member())
    writing, done = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            actions.record_events(events=[visit(at=first.at)])
            writing.set()
            done.wait(10)
        connection.close()

    def hear(**kwargs):
        pass

    writer = threading.Thread(target=write)
    writer.start()
    writing.wait(10)
    threading.Timer(0.2, done.set).start()
    post_delete.connect(hear)
    try:
        retention.delete_empty_totals(dry=False)
    finally:
        post_delete.disconnect(hear)
        writer.join()
    assert DailyTotal.objects.get(member=0).count == 1
