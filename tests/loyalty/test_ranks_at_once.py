"""Ranks while several look at them, earn points and change them at the same moment."""

import threading

import pytest
from django.db import connection, transaction

from tests.loyalty.factories import at, changes, earn, make_event, make_ranks, make_rule, rank_name
from tests.members.factories import make_member
from wagtail_crm.loyalty import actions
from wagtail_crm.loyalty.ledger import book
from wagtail_crm.loyalty.models import Account, Rank
from wagtail_crm.loyalty.tasks import sweep_ranks


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("because", ["time passes", "ranks change"])
def test_who_looks_at_ranks_waits_for_who_earns(clock, because):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets only one connection write at all.")
    rank, member = make_ranks(Bronze=100)["Bronze"], make_member()
    earlier, year, needed, expected = {
        "time passes": (100, 2025, 100, "Bronze"),
        "ranks change": (1, 2026, 200, None),
    }[because]
    clock.now = at(2026, 11, 22)
    earn(member, earlier, at(year, 11, 23))
    clock.now = at(2026, 11, 23)
    looker = threading.Thread(target=look)
    with transaction.atomic():
        earn(member, 150)
        on_another_connection(lambda: Rank.objects.filter(pk=rank.pk).update(points=needed))
        looker.start()
        looker.join(0.3)
    looker.join()
    assert rank_name(member) == expected


def look():
    sweep_ranks()
    connection.close()


def on_another_connection(work):
    thread = threading.Thread(target=lambda: (work(), connection.close()))
    thread.start()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_workers_and_an_editor_at_once_leave_the_right_ranks():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets only one connection write at all.")
    make_ranks(Bronze=100)
    members = [make_member() for _number in range(3)]
    rule = make_rule(points=10)
    barrier, failures = threading.Barrier(3), []

    def in_thread(work):
        try:
            barrier.wait()
            work()
        except Exception as error:  # any of them fails the test
            failures.append(error)
        finally:
            connection.close()

    def award():
        for _number in range(10):
            actions.award_points(events=[make_event(each) for each in members], rules=[rule])

    def change():
        Rank.objects.create(name="Gold", points=150)
        for _number in range(5):
            sweep_ranks()

    threads = [threading.Thread(target=in_thread, args=[do]) for do in (award, award, change)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [rank_name(member) for member in members] == ["Gold"] * 3
    assert [changes(member)[-1][1] for member in members] == ["Gold"] * 3
    assert Account.objects.filter(member__in=members, rank_points=200).count() == 3
    assert book([]) == []
