"""Whatever browsers do, and whatever is thought of them, in any order: totals equal a recount."""

import uuid
from decimal import Decimal

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.members.factories import make_member
from tests.tracking.judging import judge, recount, totals
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import DailyTotal, Event, Reason, Verdict, Visitor

pytestmark = pytest.mark.django_db

PAGES, BROWSERS, PEOPLE = 3, 3, 2
browser, who = st.integers(0, BROWSERS - 1), st.integers(0, PEOPLE - 1)
STEPS = st.one_of(
    st.tuples(st.just("looks"), browser, st.none() | who),
    st.tuples(st.just("buys"), browser, who),
    st.tuples(st.just("replays"), st.integers(0, 9), st.none()),
    st.tuples(st.just("judged"), browser, st.sampled_from(list(Verdict))),
    st.tuples(st.just("judged_by_the_job"), browser, st.sampled_from(list(Verdict))),
    st.tuples(st.just("signs_in"), browser, who),
    st.tuples(st.just("unlinked"), browser, who),
    st.tuples(st.just("says_no"), browser, st.none()),
)


class Story:
    """Does each step, and remembers what was done, so that it can arrive again."""

    def __init__(self):
        self.people = [make_member() for _ in range(PEOPLE)]
        self.browsers = [uuid.uuid4() for _ in range(BROWSERS)]
        self.done = []

    def looks(self, number, person, kind="page_view", **fields):
        member = self.people[person].pk if person is not None else 0
        event = NewEvent(
            kind,
            visitor_id=self.browsers[number],
            member_id=member,
            site_id=1,
            page_id=number % PAGES + 1,
            **fields,
        )
        self.done.append(event)
        actions.record_events(events=[event])

    def buys(self, number, person):
        self.looks(number, person, "purchase", value=Decimal(300), subject="sku:P08")

    def replays(self, number, _none):
        actions.record_events(events=self.done[number:])

    def judged(self, number, verdict, reason=Reason.COLLEAGUE):
        Visitor.objects.get_or_create(pk=self.browsers[number])
        judge(self.browsers[number], verdict, reason)

    def judged_by_the_job(self, number, verdict):
        self.judged(number, verdict, Reason.VELOCITY)

    def signs_in(self, number, person):
        member = self.people[person]
        if not actions.link_visitor(visitor_id=self.browsers[number], member=member):
            self.browsers[number] = uuid.uuid4()

    def unlinked(self, number, person):
        row = Visitor.objects.filter(pk=self.browsers[number], member=self.people[person])
        if row.exists():
            actions.unlink_visitor(visitor_id=self.browsers[number], member=self.people[person])

    def says_no(self, number, _none):
        actions.forget_visitor(visitor_id=self.browsers[number])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEPS, min_size=4, max_size=24))
def test_totals_equal_a_recount_whatever_happens_in_whatever_order(steps):
    for model in (Event, DailyTotal, Visitor):
        model.objects.all().delete()
    story = Story()
    for name, *arguments in steps:
        getattr(story, name)(*arguments)
        assert totals() == recount()
    machines = Visitor.objects.filter(verdict=Verdict.MACHINE).values("pk")
    counted = Event.objects.counted().filter(visitor__in=machines).exclude(kind="purchase")
    assert not counted.filter(visitor__verdict_reason=Reason.COLLEAGUE).exists()
    assert not counted.filter(Q(member=0) | Q(handed_over=True)).exists()
    people = Visitor.objects.exclude(verdict=Verdict.MACHINE).values("pk")
    assert not Event.objects.filter(visitor__in=people, uncounted=True).exists()
