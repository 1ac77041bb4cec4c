"""Whose events are: by the rules of docs/explanation/architecture.md, in any order of arrival."""

import datetime
import uuid
from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.members.factories import make_member
from tests.tracking.factories import visit
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.events import NOBODY, NewEvent
from wagtail_crm.tracking.ingest import local_day
from wagtail_crm.tracking.models import DailyTotal, Event, Visitor
from wagtail_crm.tracking.signals import visitor_unlinked

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def owners():
    return dict(Event.objects.values_list("pk", "member_id"))


def totals():
    rows = DailyTotal.objects.exclude(count=0)
    keys = ("member_id", "kind", "page_id", "day")
    return {row[:-1]: row[-1] for row in rows.values_list(*keys, "count")}


def recount():
    rows = Event.objects.values_list("member_id", "kind", "page_id", "at")
    return dict(Counter((*key, local_day(at)) for *key, at in rows))


def owned(events):
    """A browser that did ``events`` and then belongs to the member it comes with."""
    member, visitor = make_member(), uuid.uuid4()
    events = [visit(visitor_id=visitor, page_id=number) for number in range(events)]
    actions.record_events(events=events)
    actions.link_visitor(visitor_id=visitor, member=member)
    return member, visitor, events


def test_unlinking_gives_back_what_linking_handed_over():
    member, visitor, before = owned(2)
    signed_in = visit(visitor_id=visitor, member_id=member.pk)
    actions.record_events(events=[signed_in])
    assert actions.unlink_visitor(visitor_id=visitor, member=member) == 2
    assert owners() == {before[0].id: 0, before[1].id: 0, signed_in.id: member.pk}
    assert totals() == recount()
    assert list(DailyTotal.objects.filter(member=member).values_list("count", flat=True)) == [1]
    assert not Event.objects.handed_over().exists()


def test_unlinking_gives_back_what_came_late():
    member, visitor, _none = owned(0)
    late = visit(visitor_id=visitor, at=timezone.now() - HOUR)
    actions.record_events(events=[late])
    assert owners() == {late.id: member.pk}
    assert actions.unlink_visitor(visitor_id=visitor, member=member) == 1
    later = visit(visitor_id=visitor, at=timezone.now() - HOUR)
    actions.record_events(events=[later, late])
    assert owners() == {late.id: 0, later.id: 0}
    assert totals() == recount()


def test_what_somebody_did_signed_in_is_theirs_whosever_the_browser_is():
    """It waited in the buffer; the owner has been back since."""
    member, visitor, _none = owned(0)
    other = make_member()
    before = {"visitor_id": visitor, "at": timezone.now() - HOUR}
    mine, others = (visit(member_id=who.pk, **before) for who in (member, other))
    actions.record_events(events=[mine, others])
    assert owners() == {mine.id: member.pk, others.id: other.pk}
    assert actions.unlink_visitor(visitor_id=visitor, member=member) == 0
    assert owners() == {mine.id: member.pk, others.id: other.pk}


def test_a_browser_in_dispute_is_nobodys():
    member, visitor, events = owned(1)
    actions.unlink_visitor(visitor_id=visitor, member=member)
    assert actions.link_visitor(visitor_id=visitor, member=member) is False
    assert actions.link_visitor(visitor_id=visitor, member=make_member()) is False
    assert owners() == {events[0].id: 0}


def test_only_the_owners_browser_can_be_unlinked():
    _member, visitor, events = owned(1)
    with pytest.raises(Visitor.DoesNotExist):
        actions.unlink_visitor(visitor_id=visitor, member=make_member())
    assert owners() != {events[0].id: 0}


def test_other_rooms_hear_of_it(django_capture_on_commit_callbacks):
    heard = []

    def receive(visitor_id, member_id, kinds, **kwargs):
        heard.append((visitor_id, member_id, kinds))

    visitor_unlinked.connect(receive)
    member, visitor, _events = owned(1)
    with django_capture_on_commit_callbacks(execute=True):
        actions.unlink_visitor(visitor_id=visitor, member=member)
    visitor_unlinked.disconnect(receive)
    assert heard == [(visitor, member.pk, {"page_view"})]


def test_a_link_may_speak_for_the_visit_that_begins_with_it():
    member, visitor, now = make_member(), uuid.uuid4(), timezone.now()
    actions.link_visitor(visitor_id=visitor, member=member, by="mail:1", until=now + HOUR)
    within, after = (visit(visitor_id=visitor, at=now + hours * HOUR) for hours in (0.5, 2))
    actions.record_events(events=[within, after])
    assert owners() == {within.id: member.pk, after.id: 0}
    assert Event.objects.handed_over().get().pk == within.id


def test_signing_in_is_surer_than_a_mail_and_takes_nothing_back():
    member, visitor, now = make_member(), uuid.uuid4(), timezone.now()
    actions.link_visitor(visitor_id=visitor, member=member, by="mail:1", until=now + HOUR)
    assert Visitor.objects.known_by_mail_only().count() == 1
    actions.link_visitor(visitor_id=visitor, member=member)
    actions.link_visitor(visitor_id=visitor, member=member, by="mail:2")
    row = Visitor.objects.get()
    assert (row.linked_by, row.owned_until, row.linked_at > now) == ("login", now + HOUR, True)


def test_a_no_on_a_members_browser_leaves_them_what_waits_and_closes_it():
    member, visitor, _events = owned(1)
    waiting = visit(visitor_id=visitor, at=timezone.now() - HOUR)
    after_session = visit(visitor_id=visitor, at=timezone.now() + HOUR)
    actions.forget_visitor(visitor_id=visitor)
    actions.record_events(events=[waiting, after_session])
    assert owners()[waiting.id] == member.pk
    assert Event.objects.get(pk=after_session.id).visitor_id is None
    assert actions.link_visitor(visitor_id=visitor, member=member) is False


# A history of two people, A and B, and three cookies: what anybody may do, in any order.
PEOPLE, COOKIES = 2, 3
who, cookie, late = st.integers(0, PEOPLE - 1), st.integers(0, COOKIES - 1), st.booleans()
STEPS = st.one_of(
    st.tuples(st.just("looks"), cookie, st.none() | who, late),
    st.tuples(st.just("signs_in"), cookie, who, st.none()),
    st.tuples(st.just("clicks"), cookie, who, st.none()),
    st.tuples(st.just("unlinked"), cookie, who, st.none()),
    st.tuples(st.just("says_no"), cookie, st.none(), st.none()),
    st.tuples(st.just("arrives"), st.integers(0, 5), st.none(), late),
)


@dataclass
class Browser:
    """What is true of one cookie by the rules, without a database."""

    visitor_id: uuid.UUID = field(default_factory=uuid.uuid4)
    owner: int | None = None
    until: datetime.datetime | None = None
    closed: bool = False

    def belongs_to(self, member, until):
        if self.closed or self.owner not in (None, member):
            return False
        self.owner, self.until = member, max(until, self.until or until)
        return True


class Story:
    """Does each step for real and in the model, and holds back some events for a while."""

    def __init__(self):
        self.people = [make_member().pk for _ in range(PEOPLE)]
        self.cookies = [Browser() for _ in range(COOKIES)]
        self.waiting, self.done = [], []
        self.clock = timezone.now() - 24 * HOUR

    def looks(self, cookie, person, late):
        """Time stands still in the database; each view is a minute after the one before."""
        self.clock += datetime.timedelta(minutes=1)
        member = NOBODY if person is None else self.people[person]
        browser = self.cookies[cookie]
        event = visit(visitor_id=browser.visitor_id, member_id=member, at=self.clock)
        self.done.append((event, browser))
        self.waiting.append(event)
        if not late:
            self.arrives(-1, None, False)

    def arrives(self, number, _person, again):
        """One that waited is written, sometimes twice, sometimes with all before it."""
        if self.waiting:
            event = self.waiting[number % len(self.waiting)]
            actions.record_events(events=[event, *self.waiting[: int(again)]])
            if not again:
                self.waiting.remove(event)

    def links(self, cookie, person, by, minutes):
        browser, member = self.cookies[cookie], self.people[person]
        until = self.clock + datetime.timedelta(minutes=minutes)
        row = actions.Member.objects.get(pk=member)
        linked = actions.link_visitor(visitor_id=browser.visitor_id, member=row, by=by, until=until)
        assert linked is browser.belongs_to(member, until)
        return linked

    def signs_in(self, cookie, person, _late):
        if not self.links(cookie, person, "login", 0):
            self.cookies[cookie] = Browser()
            assert self.links(cookie, person, "login", 0)

    def clicks(self, cookie, person, _late):
        self.links(cookie, person, "mail:1", 3)

    def unlinked(self, cookie, person, _late):
        browser, member = self.cookies[cookie], self.people[person]
        row = actions.Member.objects.get(pk=member)
        if browser.owner != member:
            with pytest.raises(Visitor.DoesNotExist):
                actions.unlink_visitor(visitor_id=browser.visitor_id, member=row)
            return
        actions.unlink_visitor(visitor_id=browser.visitor_id, member=row)
        browser.owner, browser.closed = None, True

    def says_no(self, cookie, _person, _late):
        actions.forget_visitor(visitor_id=self.cookies[cookie].visitor_id)
        self.cookies[cookie].closed = True
        self.cookies[cookie] = Browser()

    def expected(self):
        return {event.id: self.owner_of(event, browser) for event, browser in self.done}

    @staticmethod
    def owner_of(event, browser):
        """Signed in: theirs. Else the browser's, if it was the owner's at that moment."""
        if event.member_id or browser.owner is None or event.at > browser.until:
            return event.member_id
        return browser.owner


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, *HealthCheck]
)
@given(st.lists(STEPS, min_size=4, max_size=24))
def test_each_event_is_whose_it_was_and_totals_equal_a_recount(steps):
    Event.objects.all().delete()
    DailyTotal.objects.all().delete()
    Visitor.objects.all().delete()
    story = Story()
    for name, *arguments in steps:
        getattr(story, name)(*arguments)
        assert totals() == recount()
    actions.record_events(events=story.waiting)
    assert owners() == story.expected()
    assert totals() == recount()
    assert all(isinstance(event, NewEvent) for event, _browser in story.done)
