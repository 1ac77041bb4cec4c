"""A machine's visits leave the totals, a person's come back, in any order of things."""

import datetime
import io
import threading
import uuid
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from tests.members.factories import make_member
from tests.tracking.factories import visit
from tests.tracking.judging import judge, recount, totals, verdict_of
from wagtail_crm.tracking import actions, verdicts
from wagtail_crm.tracking.events import NewEvent, event_id_for, new_event_id
from wagtail_crm.tracking.models import DailyTotal, Event, Reason, Verdict, Visitor
from wagtail_crm.tracking.signals import events_recorded, visitor_judged

pytestmark = pytest.mark.django_db
MACHINE, HUMAN, UNKNOWN = Verdict.MACHINE, Verdict.HUMAN, Verdict.UNKNOWN
SECOND, MINUTE = datetime.timedelta(seconds=1), datetime.timedelta(minutes=1)


def browse(gaps, visitor=None, kind="page_view", **fields):
    """A visitor looks at one page after another, so many seconds apart, the last 10 minutes ago."""
    visitor = visitor or uuid.uuid4()
    at = timezone.now() - 10 * MINUTE - SECOND * sum(gaps)
    events = []
    for number, gap in enumerate([0, *gaps]):
        at += SECOND * gap
        fields |= {"page_id": 5 + number, "at": at, "visitor_id": visitor}
        events.append(NewEvent(kind, id=new_event_id(), site_id=1, **fields))
    actions.record_events(events=events)
    return visitor


UNEVEN = [3, 40, 12, 95, 7, 22, 61, 5, 33, 18]


def test_a_machines_visits_leave_the_totals_and_stay_in_the_log():
    visitor = browse(UNEVEN)
    assert judge(visitor) is True
    assert totals() == {}
    assert Event.objects.filter(uncounted=True).count() == len(UNEVEN) + 1


def test_what_a_machine_does_later_is_not_counted_either():
    visitor = browse([5])
    judge(visitor)
    actions.record_events(events=[visit(visitor_id=visitor)])
    assert totals() == {}


def test_a_person_gets_all_of_it_back():
    visitor = browse([5])
    before = totals()
    judge(visitor)
    actions.record_events(events=[late := visit(visitor_id=visitor, page_id=77)])
    judge(visitor, HUMAN)
    assert totals() == recount()
    assert set(before) < set(totals())
    actions.record_events(events=[late])
    assert totals() == recount()


def test_a_members_visits_leave_their_totals_however_they_came_to_be_theirs():
    member, visitor = make_member(), browse([5])
    actions.link_visitor(visitor_id=visitor, member=member)
    actions.record_events(events=[visit(visitor_id=visitor, member_id=member.pk)])
    judge(visitor)
    assert totals() == {}
    assert not DailyTotal.objects.filter(member=member).exists()
    judge(visitor, HUMAN)
    assert sum(count for count, _value in totals().values()) == 3


def test_what_somebody_did_signed_in_on_a_browser_of_nobody_leaves_the_totals_too():
    member, visitor = make_member(), uuid.uuid4()
    actions.record_events(events=[visit(visitor_id=visitor, member_id=member.pk)])
    judge(visitor)
    assert totals() == {}


def test_what_only_people_do_counts_whatever_is_thought_of_the_browser():
    member, visitor = make_member(), browse([5])
    bought = NewEvent(
        "purchase", visitor_id=visitor, member_id=member.pk, site_id=1, value=Decimal(700)
    )
    actions.record_events(events=[bought])
    judge(visitor)
    assert [key[1] for key in totals()] == ["purchase"]
    assert totals() == recount()


def test_signing_in_acquits_but_not_of_what_a_colleague_said():
    member, condemned, told = make_member(), browse([5]), browse([5])
    judge(condemned, reason=Reason.VELOCITY)
    judge(told, reason=Reason.COLLEAGUE)
    for visitor in (condemned, told):
        actions.link_visitor(visitor_id=visitor, member=member)
    assert verdict_of(condemned) == ("human", "signed_in")
    assert verdict_of(told) == ("machine", "colleague")
    assert totals() == recount()
    assert {key[0] for key in totals()} == {member.pk}


def test_a_mail_link_is_no_proof_of_a_person():
    member, visitor = make_member(), browse([5])
    judge(visitor, reason=Reason.VELOCITY)
    actions.link_visitor(visitor_id=visitor, member=member, by="mail:1")
    assert verdict_of(visitor) == ("machine", "velocity")
    assert totals() == recount() == {}


def test_what_a_colleague_said_stands():
    visitor = browse([5])
    assert judge(visitor, HUMAN) is True
    assert judge(visitor, MACHINE, Reason.VELOCITY) is False
    assert judge(visitor, HUMAN) is False
    assert judge(visitor, MACHINE) is True


def test_other_rooms_hear_of_the_members_concerned(django_capture_on_commit_callbacks):
    heard, told = [], []

    def receive(visitor_id, member_id, kinds, **kwargs):
        heard.append((visitor_id, member_id, kinds))

    def receive_events(events, **kwargs):
        told.extend(events)

    visitor_judged.connect(receive)
    events_recorded.connect(receive_events)
    member, visitor = make_member(), browse([5])
    actions.link_visitor(visitor_id=visitor, member=member)
    told.clear()
    with django_capture_on_commit_callbacks(execute=True):
        judge(visitor)
        actions.record_events(events=[visit(visitor_id=visitor, member_id=member.pk)])
    visitor_judged.disconnect(receive)
    events_recorded.disconnect(receive_events)
    assert heard == [(visitor, member.pk, {"page_view"})]
    assert told == []


def test_the_job_knows_machines_by_pace_clock_and_name():
    fast, clock = browse([0.5] * 59), browse([30] * 20)
    program = browse([5], data={"browser": "Googlebot"})
    person = browse(UNEVEN, data={"browser": "Chrome"})
    assert verdicts.judge_recent() == 3
    assert [verdict_of(one) for one in (fast, clock, program, person)] == [
        ("machine", "velocity"),
        ("machine", "regularity"),
        ("machine", "program"),
        ("unknown", ""),
    ]
    assert totals() == recount()
    assert sum(count for count, _value in totals().values()) == len(UNEVEN) + 1
    assert verdicts.judge_recent() == 0


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"MACHINE_VIEWS_PER_MINUTE": 0}, ("unknown", "")),
        ({"MACHINE_VIEWS_PER_MINUTE": 0, "MACHINE_VIEWS_PER_HOUR": 60}, ("machine", "velocity")),
        ({"MACHINE_VIEWS_PER_MINUTE": 61}, ("unknown", "")),
    ],
)
def test_how_fast_is_too_fast_is_a_setting(settings, limits, expected):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | limits
    visitor = browse([0.1, 0.9] * 29 + [0.5])
    verdicts.judge_recent()
    assert verdict_of(visitor) == expected


def test_reloading_one_page_at_intervals_is_no_clock():
    visitor = uuid.uuid4()
    start = timezone.now() - 50 * MINUTE
    actions.record_events(
        events=[visit(visitor_id=visitor, at=start + number * MINUTE) for number in range(30)]
    )
    verdicts.judge_recent()
    assert verdict_of(visitor) == ("unknown", "")


def test_the_job_knows_people_by_what_only_people_do():
    member, buyer, signed_in = make_member(), browse([5]), uuid.uuid4()
    actions.record_events(
        events=[
            NewEvent("purchase", visitor_id=buyer, site_id=1, value=Decimal(100)),
            visit(visitor_id=signed_in, member_id=member.pk),
        ]
    )
    assert verdicts.judge_recent() == 2
    assert verdict_of(buyer) == ("human", "deed")
    assert verdict_of(signed_in) == ("human", "signed_in")


def with_script(number, **fields):
    """So many visitors whose pages report that somebody was there."""
    for _ in range(number):
        visitor = browse([4, 9], **fields)
        actions.record_events(
            events=[NewEvent("engagement", visitor_id=visitor, site_id=1, value=Decimal(8))]
        )


def test_not_to_run_the_script_means_something_where_nearly_all_do():
    with_script(19)
    silent = browse(UNEVEN)
    verdicts.judge_recent()
    assert verdict_of(silent) == ("unknown", "")
    with_script(1)
    verdicts.judge_recent()
    assert verdict_of(silent) == ("machine", "silence")
    assert set(Visitor.objects.values_list("verdict_reason", flat=True)) == {"silence", "beacon"}


def test_where_scripts_are_often_blocked_not_to_run_them_means_nothing():
    with_script(20)
    for _ in range(2):
        browse([4, 9])
    silent = browse(UNEVEN)
    verdicts.judge_recent()
    assert verdict_of(silent) == ("unknown", "")


def test_a_visitor_who_is_still_looking_may_be_silent():
    with_script(40)
    visitor = uuid.uuid4()
    events = [visit(visitor_id=visitor, page_id=page) for page in range(3, 14)]
    actions.record_events(events=events)
    verdicts.judge_recent()
    assert verdict_of(visitor) == ("unknown", "")


def test_who_was_silent_and_then_runs_the_script_is_a_person():
    with_script(40)
    silent = browse(UNEVEN)
    verdicts.judge_recent()
    actions.record_events(
        events=[NewEvent("engagement", visitor_id=silent, site_id=1, value=Decimal(8))]
    )
    verdicts.judge_recent()
    assert verdict_of(silent) == ("human", "beacon")
    assert totals() == recount()


def test_a_machine_that_runs_scripts_is_one_by_its_pace():
    visitor = browse([0.5] * 59)
    actions.record_events(
        events=[NewEvent("engagement", visitor_id=visitor, site_id=1, value=Decimal(8))]
    )
    verdicts.judge_recent()
    assert verdict_of(visitor) == ("machine", "velocity")


def test_what_was_done_signed_in_is_taken_out_by_a_colleague_only():
    member, visitor = make_member(), browse([5])
    signed_in = [visit(visitor_id=visitor, member_id=member.pk) for _ in range(2)]
    actions.record_events(events=signed_in[:1])
    judge(visitor, reason=Reason.VELOCITY)
    actions.record_events(events=signed_in[1:])
    assert [(key[0], count) for key, (count, _value) in totals().items()] == [(member.pk, 2)]
    judge(visitor, reason=Reason.COLLEAGUE)
    assert totals() == recount() == {}


def test_a_deed_acquits_a_machine():
    visitor = browse([0.5] * 59)
    verdicts.judge_recent()
    actions.record_events(events=[NewEvent("purchase", visitor_id=visitor, site_id=1)])
    assert verdicts.judge_recent() == 1
    assert verdict_of(visitor) == ("human", "deed")
    assert totals() == recount()


def test_a_list_that_was_wrong_is_put_right():
    visitor = browse([5], data={"browser": "Chrome"})
    judge(visitor, reason=Reason.PROGRAM)
    assert verdicts.judge_recent() == 1
    assert verdict_of(visitor)[0] == "unknown"
    assert totals() == recount() != {}
    assert verdicts.judge_recent() == 0


def test_the_past_can_be_judged_again():
    old = timezone.now() - datetime.timedelta(days=2)
    visitor = uuid.uuid4()
    events = [
        visit(visitor_id=visitor, at=at, id=event_id_for(at, number))
        for number in range(60)
        for at in [old + number * SECOND / 2]
    ]
    actions.record_events(events=events)
    verdicts.judge_recent()
    assert verdict_of(visitor) == ("unknown", "")
    out = io.StringIO()
    call_command("crm_judge", days=3, stdout=out)
    assert out.getvalue() == "1 verdicts revised\n"
    assert verdict_of(visitor) == ("machine", "velocity")
    assert totals() == {}


def test_judging_asks_the_database_no_more_for_more_visitors(django_assert_num_queries):
    for _ in range(3):
        browse(UNEVEN)
    with django_assert_num_queries(1):
        verdicts.judge_recent()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time")
def test_verdicts_while_workers_write_leave_totals_that_equal_a_recount():
    member = make_member()
    visitors = [uuid.uuid4() for _ in range(3)]
    batches = [
        [visit(page_id=page, visitor_id=visitor) for page in range(5) for visitor in visitors]
        for _ in range(10)
    ]
    errors = []

    def run(work):
        try:
            work()
        except DatabaseError as error:
            errors.append(error)
        connection.close()

    def write():
        for batch in batches:
            actions.record_events(events=batch)

    def judge_again_and_again():
        for number in range(20):
            Visitor.objects.get_or_create(pk=visitors[number % 3])
            judge(visitors[number % 3], [MACHINE, HUMAN][number % 2])

    def sign_in():
        actions.link_visitor(visitor_id=visitors[0], member=member)

    works = [write, write, judge_again_and_again, sign_in]
    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Event.objects.count() == 150
    assert totals() == recount()
