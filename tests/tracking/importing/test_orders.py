import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.members.factories import make_member
from wagtail_crm.members import actions
from wagtail_crm.members.importing.refusals import ImportProblem
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.importing.orders import OrderImporter
from wagtail_crm.tracking.models import DailyTotal, Event

pytestmark = pytest.mark.django_db
HEADER = "no,sku,name,qty,price,at,customer\n"
WORDS = "order=no,sku=sku,name=name,quantity=qty,price=price,at=at,code=customer"


@pytest.fixture
def load_orders(load_facts):
    def run(lines, words=WORDS, header=HEADER, **settings):
        return load_facts(OrderImporter, header + lines, words, **settings)

    return run


def test_an_order_line_becomes_a_purchase(load_orders):
    kim = make_member(code="K1")

    outcome = load_orders("77,P08,Sourdough kit,2,1600,2026-01-31 23:30,K1\n")

    event = Event.objects.get()
    assert (event.kind, event.member_id, event.subject) == ("purchase", kim.pk, "sku:P08")
    assert event.value == Decimal("3200")
    assert event.at == datetime.datetime(2026, 1, 31, 14, 30, tzinfo=datetime.UTC)
    assert event.data == {
        "order": "77",
        "name": "Sourdough kit",
        "quantity": 2,
        "import": "orders",
    }
    assert outcome.fates == {"new": 1, "same": 0}
    totals = DailyTotal.objects.values_list("member", "kind", "subject", "day", "count", "value")
    day = datetime.date(2026, 1, 31)
    assert list(totals) == [(kim.pk, "purchase", "sku:P08", day, 1, Decimal("3200"))]


def test_the_same_file_twice_is_the_same_purchases(load_orders):
    lines = (
        "77,P08,a,1,100,2026-01-31,K1\n77,P08,a,1,100,2026-01-31,K1\n78,P08,a,1,5,2026-01-31,K2\n"
    )
    assert load_orders(lines).fates == {"new": 3, "same": 0}
    before = list(Event.objects.order_by("pk").values()), list(DailyTotal.objects.values())

    outcome = load_orders(lines)

    assert outcome.fates == {"new": 0, "same": 3}
    assert (
        list(Event.objects.order_by("pk").values()),
        list(DailyTotal.objects.values()),
    ) == before
    assert Member.objects.count() == 2


def test_a_later_file_may_repeat_what_an_earlier_one_had(load_orders):
    load_orders("77,P08,a,1,100,2026-01-31,K1\n")

    outcome = load_orders("78,P09,a,1,100,2026-02-01,K1\n77,P08,a,1,100,2026-01-31,K1\n")

    assert outcome.fates == {"new": 1, "same": 1}


def test_another_source_is_another_shop(load_orders):
    load_orders("77,P08,a,1,100,2026-01-31,K1\n")

    assert load_orders("77,P08,a,1,100,2026-01-31,K1\n", source="osaka").fates["new"] == 1


def test_customers_are_added_by_their_code(load_orders):
    outcome = load_orders("77,P08,a,1,5,2026-01-31,K1\n78,P08,a,1,5,2026-01-31,K1\n")

    member = Member.objects.get()
    assert (member.code, member.status, outcome.members_added) == ("K1", "prospect", 1)
    assert set(Event.objects.values_list("member_id", flat=True)) == {member.pk}


def test_customers_are_only_matched_when_the_mapping_says_so(load_orders, refusals):
    kim = make_member(email="Kim@example.jp")

    outcome = load_orders(
        "77,P08,a,1,5,2026-01-31,kim@EXAMPLE.jp\n78,P08,a,1,5,2026-01-31,who@example.jp\n",
        WORDS.replace("code=", "email="),
        customers="match",
    )

    assert refusals(outcome) == {3: ("Nobody in the list has it", "customer", "who@example.jp")}
    assert Event.objects.get().member_id == kim.pk
    assert Member.objects.count() == 1


def test_what_would_be_a_guess_is_refused(load_orders, refusals):
    actions.withdraw_member(member=make_member(code="GONE"))

    outcome = load_orders(
        "77,P08,a,1,5,2026-01-31,\n"
        "78,P08,a,-1,5,2026-01-31,K1\n"
        "79,P08,a,0,5,2026-01-31,K1\n"
        "80,P08,a,1,-5,2026-01-31,K1\n"
        ",P08,a,1,5,2026-01-31,K1\n"
        "82,,a,1,5,2026-01-31,K1\n"
        "83,P08,a,1,5,,K1\n"
        "84,P08,a,one,5,2026-01-31,K1\n"
        f"85,{'x' * 120},a,1,5,2026-01-31,K1\n"
        "86,P08,a,1,5,2026-01-31,GONE\n"
        "87,P08,a,1,99999999999999999,2026-01-31,K1\n"
        "88,P08,gift,1,0,2026-01-31,K1\n"
    )

    back = "A return or cancellation: the quantity is not positive"
    assert refusals(outcome) == {
        2: ("No customer", "customer", ""),
        3: (back, "qty", "-1"),
        4: (back, "qty", "0"),
        5: ("A refund or correction: the amount is negative", "price", "-5"),
        6: ("No order number", "no", ""),
        7: ("No product code", "sku", ""),
        8: ("No date", "at", ""),
        9: ("Not a number", "qty", "one"),
        10: ("Longer than 120 characters", "sku", f"sku:{'x' * 120}"),
        11: ("This person has left", "customer", "GONE"),
        12: ("A number with too many digits", "price", "99999999999999999"),
    }
    assert Event.objects.get().value == 0


def test_an_amount_and_more_may_be_mapped(load_orders):
    header = "no,sku,total,at,customer,shop,line\n"
    words = "order=no,sku=sku,amount=total,at=at,code=customer,data.shop=shop,line=line"

    load_orders("7,P1,99.99,2026-01-31,K1,Osaka,2\n", words, header, source="osaka")

    event = Event.objects.get()
    assert event.value == Decimal("99.99")
    assert event.data == {"order": "7", "quantity": 1, "shop": "Osaka", "import": "osaka"}


@pytest.mark.parametrize(
    ("words", "settings", "says"),
    [
        ("order=no,sku=sku,at=at", {}, "The mapping must say which column is 'code' or 'email'."),
        (WORDS, {"customers": "guess"}, "'customers' in the mapping is 'add' or 'match'."),
    ],
)
def test_a_mapping_that_says_too_little_is_refused(load_orders, words, settings, says):
    with pytest.raises(ImportProblem) as problem:
        load_orders("", words, **settings)

    assert str(problem.value) == says


def test_others_hear_of_purchases(load_orders, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        load_orders("77,P08,a,1,5,2026-01-31,K1\n")

    event = Event.objects.get()
    assert [[each.id for each in batch] for batch in heard] == [[event.pk]]


def test_the_number_of_queries_does_not_depend_on_the_lines(load_orders):
    def queries(first, last):
        lines = [f"{number},P{number},a,1,5,2026-01-31,K{number}" for number in range(first, last)]
        with CaptureQueriesContext(connection) as captured:
            load_orders("\n".join(lines))
        return len(captured)

    assert queries(0, 1) == queries(1, 30)
