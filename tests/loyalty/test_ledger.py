import threading

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.loyalty.factories import balance
from tests.members.factories import make_member
from wagtail_crm.loyalty.ledger import NewEntry, NotEnoughPoints, book
from wagtail_crm.loyalty.models import Account, Entry

pytestmark = pytest.mark.django_db

KINDS = [Account.Kind.ISSUED, Account.Kind.ADJUSTED, Account.Kind.SPENT, Account.Kind.EXPIRED]


def test_book_moves_points_and_keeps_balances():
    member = make_member()
    entries = book(
        [
            NewEntry("a", member.pk, 100),
            NewEntry("b", member.pk, -30, kind=Account.Kind.SPENT),
            NewEntry("c", member.pk, 50, kind=Account.Kind.ADJUSTED),
        ]
    )
    assert [(entry.amount, entry.balance) for entry in entries] == [
        (100, 100),
        (-30, 70),
        (50, 120),
    ]
    account = Account.objects.get(member=member)
    assert (account.balance, account.earned) == (120, 100)


def test_book_writes_a_key_once():
    member = make_member()
    assert len(book([NewEntry("a", member.pk, 100), NewEntry("a", member.pk, 7)])) == 1
    assert book([NewEntry("a", member.pk, 100)]) == []
    assert balance(member) == 100


def test_book_refuses_to_take_what_is_not_there():
    member = make_member()
    book([NewEntry("a", member.pk, 100)])
    with pytest.raises(NotEnoughPoints) as refusal, transaction.atomic():
        book([NewEntry("b", member.pk, -101, kind=Account.Kind.SPENT)])
    assert refusal.value.balance == 100
    assert balance(member) == 100


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 0},
        {"counterpart": None},
        {"key": "a"},
    ],
)
def test_the_database_refuses_a_wrong_entry(change):
    member = make_member()
    entry = book([NewEntry("a", member.pk, 100)])[0]
    fields = {
        "key": "b",
        "account": entry.account,
        "counterpart": entry.counterpart,
        "amount": 1,
        "balance": 101,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(**fields | change)


def test_the_database_refuses_an_entry_between_an_account_and_itself():
    account = book([NewEntry("a", make_member().pk, 100)])[0].account
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(key="b", account=account, counterpart=account, amount=1, balance=1)


def test_the_database_refuses_a_negative_balance():
    book([NewEntry("a", make_member().pk, 100)])
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.update(balance=-1)


def test_the_database_keeps_one_account_of_each_kind():
    book([NewEntry("a", make_member().pk, 100)])
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(kind=Account.Kind.ISSUED)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    movements=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(-50, 80).filter(bool),
            st.sampled_from(KINDS),
            st.integers(0, 9),
        ),
        max_size=20,
    )
)
def test_balances_are_the_sums_of_the_entries(movements):
    with transaction.atomic():
        members = [make_member() for _number in range(3)]
        for who, amount, kind, key in movements:
            try:
                with transaction.atomic():
                    book([NewEntry(f"{key}", members[who].pk, amount, kind=kind)])
            except NotEnoughPoints:
                continue
        for member in members:
            entries = Entry.objects.of_member(member)
            assert balance(member) == entries.total()
            if last := entries.newest_first().first():
                assert last.balance == balance(member)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_two_workers_book_one_key_once_and_lose_nothing():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets only one connection write at all.")
    member = make_member()
    barrier = threading.Barrier(4)
    booked, failures = [], []

    def work(number):
        try:
            barrier.wait()
            with transaction.atomic():
                booked.extend(
                    book([NewEntry("same", member.pk, 10), NewEntry(f"own-{number}", member.pk, 1)])
                )
        except Exception as error:  # any of them fails the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(entry.key for entry in booked) == ["own-0", "own-1", "own-2", "own-3", "same"]
    assert balance(member) == 14 == Entry.objects.of_member(member).total()
