import datetime
import threading
import uuid

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.db.models import Sum
from django.utils import timezone

from tests.members.factories import make_member, make_registered_member, make_user
from tests.tracking.factories import view, visit
from wagtail_crm.members.actions import record_consent, withdraw_member
from wagtail_crm.members.models import Member
from wagtail_crm.tracking import actions, buffer
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.kinds import UnknownKind
from wagtail_crm.tracking.models import DailyTotal, Event, RefusedEvent, Visitor
from wagtail_crm.tracking.schemas import InvalidFacts
from wagtail_crm.tracking.signals import events_recorded, visitor_linked

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def owners():
    return dict(Event.objects.values_list("pk", "member_id"))


def counts():
    """{member: views} without the rows that hand-overs emptied."""
    rows = DailyTotal.objects.filter(kind="page_view").exclude(count=0)
    return dict(rows.values_list("member_id").annotate(Sum("count")))


def test_record_events_refuses_a_kind_nobody_registered():
    with pytest.raises(UnknownKind):
        actions.record_events(events=[NewEvent("login"), NewEvent("dance")])
    assert Event.objects.count() == 0


def test_record_events_refuses_a_naive_moment():
    with pytest.raises(ValueError, match="time zone"):
        actions.record_events(events=[NewEvent("login", at=datetime.datetime(2026, 1, 1))])


def test_record_events_tells_everybody_after_commit(heard, django_capture_on_commit_callbacks):
    event = NewEvent("login", member_id=3)
    with django_capture_on_commit_callbacks(execute=True):
        actions.record_events(events=[event])
        assert heard == []
    assert heard == [(event,)]


def test_what_a_receiver_fails_to_do_is_set_aside_and_done_later(
    django_capture_on_commit_callbacks,
):
    done, broken = [], [True]

    def receive(events, **kwargs):
        if broken[0]:
            raise RuntimeError("no points today")
        done.extend(events)

    events_recorded.connect(receive)
    event = NewEvent("login", member_id=3)
    with django_capture_on_commit_callbacks(execute=True):
        actions.record_events(events=[event])
    refused = RefusedEvent.objects.get()
    assert (Event.objects.count(), refused.member_id, refused.attempts) == (1, 3, 0)
    assert refused.reason == f"{receive.__module__}.{receive.__qualname__}: " + repr(
        RuntimeError("no points today")
    )
    assert actions.retry_refused_events() == 0
    assert RefusedEvent.objects.get().attempts == 1
    broken[0] = False
    assert actions.retry_refused_events() == 1
    assert done == [event]
    assert (RefusedEvent.objects.count(), Event.objects.count()) == (0, 1)
    events_recorded.disconnect(receive)


def test_retries_end_until_somebody_looks():
    actions.set_aside(payloads=[b"rubbish"], reason="?")
    for _ in range(7):
        actions.retry_refused_events()
    assert RefusedEvent.objects.get().attempts == 5
    actions.retry_refused_events(gave_up=True)
    assert RefusedEvent.objects.get().attempts == 6


def test_visits_tell_when_a_member_was_last_seen():
    member = make_member()
    at = timezone.now().replace(minute=30)
    actions.record_events(events=[view(member_id=member.pk, at=at)])
    actions.record_events(events=[view(member_id=member.pk, at=at - 3 * HOUR)])
    actions.record_events(events=[NewEvent("purchase", member_id=member.pk, at=at + HOUR)])
    member.refresh_from_db()
    assert member.last_seen_at == at.replace(minute=0, second=0, microsecond=0)


def test_link_visitor_hands_over_what_the_browser_did(django_capture_on_commit_callbacks):
    heard = []

    def receive(visitor_id, member_id, kinds, **kwargs):
        heard.append((visitor_id, member_id, kinds))

    visitor_linked.connect(receive)
    member, visitor = make_member(), uuid.uuid4()
    mine = [visit(visitor_id=visitor), visit(visitor_id=visitor)]
    other = visit()
    actions.record_events(events=[*mine, other])
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.link_visitor(visitor_id=visitor, member=member) is True
    assert owners() == {mine[0].id: member.pk, mine[1].id: member.pk, other.id: 0}
    assert counts() == {member.pk: 2, 0: 1}
    assert heard == [(visitor, member.pk, {"page_view"})]
    visitor_linked.disconnect(receive)


def test_link_visitor_again_changes_nothing():
    member, visitor = make_member(), uuid.uuid4()
    actions.record_events(events=[visit(visitor_id=visitor)])
    for _ in range(2):
        assert actions.link_visitor(visitor_id=visitor, member=member) is True
    assert counts() == {member.pk: 1}


def test_two_people_on_one_browser_never_inherit_from_each_other():
    first, second, visitor = make_member(), make_member(), uuid.uuid4()
    actions.link_visitor(visitor_id=visitor, member=first)
    # The first one's session ran out; somebody looks around before the second one logs in.
    between = visit(visitor_id=visitor, at=timezone.now() + HOUR)
    actions.record_events(events=[between])
    assert actions.link_visitor(visitor_id=visitor, member=second) is False
    assert Visitor.objects.get().member == first
    assert owners() == {between.id: 0}


def test_views_after_a_session_ran_out_are_the_members_once_they_return():
    member, visitor = make_member(), uuid.uuid4()
    actions.link_visitor(visitor_id=visitor, member=member)
    later = visit(visitor_id=visitor, at=timezone.now() + HOUR)
    actions.record_events(events=[later])
    assert counts() == {0: 1}
    actions.link_visitor(visitor_id=visitor, member=member)
    assert counts() == {member.pk: 1}


def test_events_that_waited_while_their_visitor_logged_in_are_the_members(heard):
    member, visitor = make_member(), uuid.uuid4()
    waiting = visit(visitor_id=visitor)
    actions.link_visitor(visitor_id=visitor, member=member)
    actions.record_events(events=[waiting])
    assert owners() == {waiting.id: member.pk}
    assert counts() == {member.pk: 1}


def test_receivers_hear_whose_an_event_is(heard, django_capture_on_commit_callbacks):
    member, visitor = make_member(), uuid.uuid4()
    waiting = visit(visitor_id=visitor)
    actions.link_visitor(visitor_id=visitor, member=member)
    with django_capture_on_commit_callbacks(execute=True):
        actions.record_events(events=[waiting])
    assert [event.member_id for batch in heard for event in batch] == [member.pk]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time")
def test_nothing_is_left_behind_when_somebody_logs_in_while_workers_write():
    member, visitor = make_member(), uuid.uuid4()
    batches = [[visit(visitor_id=visitor) for _ in range(20)] for _ in range(10)]

    def write():
        for batch in batches:
            actions.record_events(events=batch)
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    actions.link_visitor(visitor_id=visitor, member=member)
    for writer in writers:
        writer.join()
    assert counts() == {member.pk: 200}
    assert set(owners().values()) == {member.pk}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time")
def test_workers_with_the_same_rows_in_another_order_do_not_block_each_other():
    members = [make_member() for _ in range(5)]
    visitors = [uuid.uuid4() for _ in range(5)]
    events = [
        visit(
            page_id=number % 3,
            member_id=members[number % 5].pk,
            visitor_id=visitors[number % 4],
            data={"touch": {"utm_source": "x"}} if number % 2 else {},
        )
        for number in range(300)
    ]
    errors = []

    def write(some):
        try:
            for start in range(0, len(some), 30):
                actions.record_events(events=some[start : start + 30])
        except DatabaseError as error:
            errors.append(error)
        connection.close()

    orders = [events, events[::-1], events[150:] + events[:150]]
    writers = [threading.Thread(target=write, args=[order]) for order in orders]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    assert Event.objects.count() == sum(counts().values()) == 300


def test_remember_account_keeps_two_registrations_on_one_browser_apart():
    visitor, first, second = uuid.uuid4(), make_user(), make_user()
    assert actions.remember_account(visitor_id=visitor, user=first) is True
    assert actions.remember_account(visitor_id=visitor, user=first) is True
    assert actions.remember_account(visitor_id=visitor, user=second) is False
    assert Visitor.objects.get().user == first


def test_remember_account_leaves_the_browser_of_a_member_alone():
    visitor = uuid.uuid4()
    actions.link_visitor(visitor_id=visitor, member=make_member())
    assert actions.remember_account(visitor_id=visitor, user=make_user()) is False


def test_forget_visitor_keeps_numbers_without_the_id():
    visitor = uuid.uuid4()
    actions.record_events(
        events=[visit(visitor_id=visitor, data={"touch": {"utm_source": "letter"}})]
    )
    actions.forget_visitor(visitor_id=visitor)
    assert Event.objects.get().visitor_id is None
    assert counts() == {0: 1}
    row = Visitor.objects.get()
    assert (row.first_touch, row.last_touch, row.forgotten_at is None) == ({}, {}, False)


def test_forget_visitor_reaches_what_is_still_in_the_buffer():
    visitor = uuid.uuid4()
    waiting = visit(visitor_id=visitor, data={"touch": {"utm_source": "letter"}})
    signed_in = visit(visitor_id=visitor, member_id=make_member().pk)
    actions.forget_visitor(visitor_id=visitor)
    actions.record_events(events=[waiting, signed_in])
    assert list(Event.objects.values_list("visitor_id", flat=True)) == [None, None]
    assert Visitor.objects.get().last_touch == {}


def test_a_forgotten_browser_is_nobodys():
    visitor = uuid.uuid4()
    actions.forget_visitor(visitor_id=visitor)
    assert actions.link_visitor(visitor_id=visitor, member=make_member()) is False
    assert actions.remember_account(visitor_id=visitor, user=make_user()) is False


def test_forget_visitor_leaves_a_member_their_history():
    member, visitor = make_member(), uuid.uuid4()
    actions.record_events(events=[visit(visitor_id=visitor)])
    actions.link_visitor(visitor_id=visitor, member=member)
    actions.forget_visitor(visitor_id=visitor)
    assert set(owners().values()) == {member.pk}


def test_a_visit_that_waited_while_its_member_left_is_nobodys():
    member = make_registered_member()
    waiting = visit(member_id=member.pk)
    bought = NewEvent("purchase", member_id=member.pk)
    withdraw_member(member=member, erase=True)
    actions.record_events(events=[waiting, bought])
    assert owners() == {waiting.id: 0, bought.id: member.pk}
    assert Event.objects.get(pk=waiting.id).visitor_id is None


def test_a_batch_is_spoiled_only_where_it_is_rotten():
    good = [visit() for _ in range(5)]
    payloads = [event.to_json() for event in good]
    payloads.insert(2, b"{}")
    payloads.insert(4, NewEvent("dance", member_id=8).to_json())
    actions._write_or_set_aside(payloads)
    assert set(owners()) == {event.id for event in good}
    refused = list(RefusedEvent.objects.order_by("pk").values_list("payload", "member_id"))
    assert [(bytes(payload), member) for payload, member in refused] == [
        (b"{}", 0),
        (payloads[4], 8),
    ]


@pytest.mark.parametrize("character", ["\0", "\ud83c"])
def test_characters_no_database_takes_do_not_stop_the_rest(character):
    good, bad = visit(), visit(data={"touch": {"utm_source": character}}, subject=character)
    actions._write_or_set_aside([good.to_json(), bad.to_json()])
    assert good.id in owners()
    assert Event.objects.count() + RefusedEvent.objects.count() == 2


def test_facts_that_nobody_wrote_down_are_found(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        member = make_registered_member()
        leaver = make_registered_member()
        record_consent(member=member, purpose="profiling", granted=True, source="test")
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_member(member=leaver)
    told = set(Event.objects.values_list("pk", "kind", "member_id", "subject"))
    assert {row[1:] for row in told} == {
        ("registration", member.pk, ""),
        ("registration", leaver.pk, ""),
        ("consent", member.pk, "profiling"),
        ("withdrawal", leaver.pk, ""),
    }
    Event.objects.all().delete()
    DailyTotal.objects.all().delete()
    since = timezone.now() - HOUR
    assert actions.record_missing_facts(since=since) == 0  # too fresh: somebody may be at it
    _make_older(member, leaver)
    assert actions.record_missing_facts(since=since) == 3
    assert actions.record_missing_facts(since=since) == 0
    assert set(Event.objects.values_list("kind", "member_id")) == {
        ("registration", member.pk),
        ("consent", member.pk),
        ("withdrawal", leaver.pk),
    }


def _make_older(*members):
    then = timezone.now() - datetime.timedelta(minutes=5)
    Member.objects.update(registered_at=then)
    Member.objects.withdrawn().update(withdrawn_at=then)
    for member in members:
        member.consent_records.update(at=then)


@pytest.mark.parametrize("put", [str, repr])
def test_what_could_not_be_written_is_not_repeated(caplog, put):
    error = IntegrityError(
        "duplicate key\nDETAIL:  Key (email)=(yoko@example.jp) already exists."
        '\nCONTEXT:  JSON data, line 1: {"words": "yoko'
    )
    actions.set_aside(payloads=[b"rubbish"], reason=f"{put(error)}\nmail: other")
    [message] = caplog.messages
    reason = RefusedEvent.objects.get().reason
    assert (message, "yoko" in reason) == (f"1 events set aside: {reason}", False)
    assert ("duplicate key" in reason, reason.endswith("\nmail: other")) == (True, True)


def test_record_writes_one_fact(page):
    member = make_member()
    event = actions.record(kind="purchase", member=member, page=page, value=3200, name="Kit")
    written = Event.objects.get()
    assert (written.pk, written.member_id, written.page_id) == (event.id, member.pk, page.pk)
    assert (written.value, written.data) == (3200, {"name": "Kit"})


def test_record_with_a_moment_tells_a_fact_once():
    paid = timezone.now()
    fact = {"kind": "purchase", "member": 5, "subject": "sku:P08", "value": 3200}
    first = actions.record(**fact, at=paid)
    assert actions.record(**fact, at=paid) == first
    actions.record(**fact, at=paid + datetime.timedelta(seconds=1))
    assert DailyTotal.objects.of_kinds("purchase").aggregate(Sum("count"))["count__sum"] == 2


def test_record_heeds_the_schema():
    with pytest.raises(InvalidFacts, match="colour: Extra inputs are not permitted"):
        actions.record(kind="search", member=5, colour="red")
    with pytest.raises(UnknownKind):
        actions.record(kind="dance", member=5)
    assert not Event.objects.exists()


def test_pages_write_what_a_full_stream_does_not_take(crm_settings, redis):
    crm_settings(STREAM_MAX_LENGTH=3)
    events = [visit() for _ in range(8)]
    for event in events:
        buffer.breaker.reset()
        actions.save_events(events=[event])
    assert (buffer.length(), Event.objects.count()) == (3, 5)
    assert actions.drain_buffer() == 3
    assert set(owners()) == {event.id for event in events}
    assert redis.xlen(buffer.STREAM) == 0
