"""A browser becomes known by the mail that was read on it, if nothing speaks against it."""

import datetime
import uuid

import pytest
from django.utils import timezone

from tests.mail.test_responses import LINKS, Mailbox
from tests.members.factories import make_registered_member, make_user
from tests.tracking.factories import make_browser, make_page, make_site, visit
from wagtail_crm.mail.models import Delivery
from wagtail_crm.members.actions import record_consent, withdraw_member
from wagtail_crm.members.personal_data import export_member
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.models import DailyTotal, Event, Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(smtp_sink):
    return Mailbox(smtp_sink, *LINKS)


@pytest.fixture
def article():
    make_site()
    return make_page()


def known(browser):
    """Whose the browser is, by its cookie: (member's number, how we know)."""
    cookie = browser.cookies.get("crm_visitor")
    row = Visitor.objects.filter(pk=cookie.value).first() if cookie and cookie.value else None
    return (row.member_id, row.linked_by) if row and row.member_id else None


def mailed(box):
    return box.member.pk, f"mail:{box.delivery.pk}"


def test_a_click_gives_the_browser_and_its_past_to_the_reader(box, article):
    browser = make_browser()
    browser.get(article.url)
    actions.drain_buffer()

    response = browser.get(box.links[0])

    assert response.status_code == 302
    assert known(browser) == mailed(box)
    [seen] = Event.objects.of_kinds("page_view")
    assert (seen.member_id, seen.handed_over) == (box.member.pk, True)


def test_the_visit_that_begins_with_the_click_is_the_readers_and_no_later_one(box, article):
    browser = make_browser()
    browser.get(box.links[0])
    browser.get(article.url)
    visitor = uuid.UUID(browser.cookies["crm_visitor"].value)
    actions.drain_buffer()
    later = visit(visitor_id=visitor, at=timezone.now() + datetime.timedelta(hours=1))
    actions.record_events(events=[later])

    views = Event.objects.of_kinds("page_view").order_by("at")
    assert [view.member_id for view in views] == [box.member.pk, 0]


def test_nobody_is_signed_in_and_no_subscription_changes(box):
    browser = make_browser()
    browser.get(box.links[0])
    assert "_auth_user_id" not in browser.session
    assert box.member.consent_records.count() == 1


def test_what_was_opened_on_two_browsers_was_passed_on_after_that(box):
    browsers = [make_browser() for _ in range(3)]
    for browser in [*browsers, browsers[0]]:
        browser.get(box.links[0])
    assert [known(browser) for browser in browsers] == [mailed(box), mailed(box), None]


@pytest.mark.parametrize("consent", ["no", None])
def test_not_without_consent(box, consent):
    browser = make_browser(consent)
    assert browser.get(box.links[0]).status_code == 302
    assert (known(browser), Visitor.objects.count()) == (None, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "python-requests/2.31"},
        {"sec-purpose": "prefetch"},
        {"sec-fetch-dest": "image", "sec-fetch-mode": "no-cors"},
        {"sec-fetch-dest": "iframe", "sec-fetch-mode": "navigate"},
        {"sec-gpc": "1"},
    ],
)
def test_only_somebody_who_goes_there(box, settings, headers):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"CONSENT_MODE": "notice"}
    browser = make_browser(None)
    assert browser.get(box.links[0], headers=headers).status_code == 302
    assert known(browser) is None
    assert browser.head(box.links[0]).status_code == 302
    assert known(browser) is None
    browser.get(box.links[0], headers={"sec-fetch-dest": "document", "sec-fetch-mode": "navigate"})
    assert known(browser) == mailed(box)


@pytest.mark.parametrize(
    ("age", "days", "recognised"),
    [
        (datetime.timedelta(seconds=5), 14, False),
        (datetime.timedelta(days=13), 14, True),
        (datetime.timedelta(days=15), 14, False),
        (datetime.timedelta(days=15), 30, True),
        (datetime.timedelta(minutes=5), 0, False),
    ],
)
def test_a_link_is_good_for_so_long(box, settings, age, days, recognised):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"MAIL_RECOGNITION_DAYS": days}
    Delivery.objects.update(sent_at=timezone.now() - age)
    browser = make_browser()
    assert browser.get(box.links[0]).status_code == 302
    assert (known(browser) is not None) is recognised


def test_the_browser_of_another_member_stays_theirs(box):
    other, browser = make_registered_member(), make_browser()
    visitor = uuid.uuid4()
    actions.link_visitor(visitor_id=visitor, member=other)
    browser.cookies["crm_visitor"] = str(visitor)
    browser.get(box.links[0])
    assert known(browser) == (other.pk, "login")


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_registered_member().user,
        make_user,
        lambda: make_user(confirmed=False),
    ],
)
def test_not_while_somebody_is_signed_in(box, make):
    browser = make_browser(user=make())
    browser.get(box.links[0])
    assert known(browser) is None


def test_not_while_somebody_else_registers_there(box):
    browser, visitor = make_browser(), uuid.uuid4()
    actions.remember_account(visitor_id=visitor, user=make_user())
    browser.cookies["crm_visitor"] = str(visitor)
    browser.get(box.links[0])
    assert known(browser) is None


def test_not_a_member_who_said_no_to_being_remembered(box):
    record_consent(member=box.member, purpose="profiling", granted=False, source="test")
    browser = make_browser()
    browser.get(box.links[0])
    assert known(browser) is None


def test_not_a_member_who_left(box):
    withdraw_member(member=box.member, erase=False)
    browser = make_browser()
    assert browser.get(box.links[0]).status_code == 302
    assert known(browser) is None


def test_a_browser_that_was_said_not_to_be_theirs_stays_so(box):
    browser = make_browser()
    browser.get(box.links[0])
    visitor = uuid.UUID(browser.cookies["crm_visitor"].value)
    actions.unlink_visitor(visitor_id=visitor, member=box.member)
    browser.get(box.links[0])
    assert known(browser) is None


def exported(member):
    data = export_member(member)
    tables = ("event", "dailytotal", "visitor")
    rows = [data[f"wagtail_crm_tracking.{table}"] for table in tables]
    views = [[row for row in table if row.get("kind") == "page_view"] for table in rows[:2]]
    return [len(views[0]), sum(row["count"] for row in views[1]), len(rows[2])]


def test_the_reader_cannot_download_what_somebody_else_may_have_done(box):
    browser = make_browser()
    visitor, own = uuid.uuid4(), uuid.uuid4()
    browser.cookies["crm_visitor"] = str(visitor)
    actions.record_events(events=[visit(visitor_id=visitor) for _ in range(3)])
    actions.record_events(events=[visit(visitor_id=own)])
    actions.link_visitor(visitor_id=own, member=box.member)
    browser.get(box.links[0])
    assert DailyTotal.objects.get(member=box.member, kind="page_view").count == 4
    assert exported(box.member) == [1, 1, 1]
    # Signing in there proves that it was them.
    actions.link_visitor(visitor_id=visitor, member=box.member)
    assert exported(box.member) == [4, 4, 2]


def test_erasure_takes_what_cannot_be_downloaded(box):
    browser, visitor = make_browser(), uuid.uuid4()
    browser.cookies["crm_visitor"] = str(visitor)
    actions.record_events(events=[visit(visitor_id=visitor)])
    browser.get(box.links[0])
    withdraw_member(member=box.member, erase=True)
    assert not Event.objects.of_kinds("page_view").exists()
