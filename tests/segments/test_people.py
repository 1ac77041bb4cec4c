"""What rules look at of one person."""

from decimal import Decimal

from wagtail_crm.segments.rules.behaviour import Did
from wagtail_crm.segments.rules.people import Consented
from wagtail_crm.segments.rules.person import Person, Total, site_today
from wagtail_crm.segments.rules.places import NamedPage, Place


def viewed(*pages):
    today = site_today()
    totals = [Total(page, "", today, 2, Decimal()) for page in pages]
    return Person(1, now=None, totals={"page_view": totals}, today=today)


def test_a_page_that_is_named_twice_counts_once():
    rule = Did("page_view", amount=3, place=Place(pages=(NamedPage(7), NamedPage(7))))

    assert rule.holds(viewed(7)) is False
    assert rule.holds(viewed(7, 7)) is True


def test_totals_of_other_pages_do_not_count():
    rule = Did("page_view", amount=2, place=Place(pages=(NamedPage(7), NamedPage(8))))

    assert [rule.holds(viewed(*pages)) for pages in ((7,), (8,), (9, 9), ())] == [
        True,
        True,
        False,
        False,
    ]


def test_nobody_gives_two_answers_about_one_purpose():
    said_yes, said_no = Consented("email"), Consented("email", answer="no")
    not_yes, other = Consented("email", negated=True), Consented("profiling", answer="none")

    assert said_yes.excludes(said_no)
    assert said_yes.excludes(not_yes)
    assert not said_no.excludes(not_yes)
    assert not said_no.excludes(other)
