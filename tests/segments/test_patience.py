"""A question that takes too long is cut off, and nothing else is."""

import threading
import time
from dataclasses import dataclass

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from tests.members.factories import make_member
from wagtail_crm.members.models import Member
from wagtail_crm.segments.counting import _conclude, count
from wagtail_crm.segments.planning import answered_as_sets
from wagtail_crm.segments.rules.base import EVERYBODY, Dependencies, Scope, WordedRule
from wagtail_crm.segments.rules.groups import Group
from wagtail_crm.segments.rules.people import HasStatus
from wagtail_crm.segments.rules.person import Person
from wagtail_crm.segments.rules.words import Clause
from wagtail_crm.tracking.patience import TookTooLong, no_longer_than

pytestmark = pytest.mark.django_db

FOR_EVER = {
    "postgresql": "SELECT count(*) FROM pg_sleep(60)",
    "sqlite": """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e12)
        SELECT max(i) FROM n
    """,
}


@dataclass(frozen=True)
class Slow(WordedRule):
    """Asks something that takes for ever."""

    def condition(self, scope: Scope) -> Q:
        return Q(pk__in=RawSQL(FOR_EVER[connection.vendor], ()))

    def holds(self, person: Person) -> bool:
        return False

    def dependencies(self) -> Dependencies:
        return Dependencies()

    def clause(self) -> Clause:
        return Clause("who take long")


@dataclass(frozen=True)
class Everybody(Slow):
    def condition(self, scope: Scope) -> Q:
        return EVERYBODY


def ask_for_ever():
    with connection.cursor() as cursor:
        cursor.execute(FOR_EVER[connection.vendor])


def timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return cursor.fetchone()[0]


def test_a_count_that_takes_long_is_cut_off(settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"COUNT_TIMEOUT": 0.1}
    make_member()

    with pytest.raises(TookTooLong):
        count(Group("all", (Slow(),)))

    assert count(Group("all", (Everybody(),))).size == 1


def test_other_errors_are_what_they_are():
    with pytest.raises(Exception, match="nothing_of_the_kind") as caught, no_longer_than(1):
        Member.objects.extra(where=["nothing_of_the_kind"]).count()
    assert not isinstance(caught.value, TookTooLong)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_asks_again_does_not_wait_for_what_they_asked_before():
    asked, ended = threading.Event(), {}

    def ask(name):
        try:
            with no_longer_than(60, name), connection.cursor() as cursor:
                asked.set()
                cursor.execute("SELECT pg_sleep(3)")
            ended[name] = "answered"
        except TookTooLong:
            ended[name] = "cut off"
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[name]) for name in ("ann", "ben")]
    for thread in threads:
        thread.start()
        asked.wait()
        asked.clear()
    time.sleep(0.3)

    with no_longer_than(60, "ann"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    for thread in threads:
        thread.join()

    assert ended == {"ann": "cut off", "ben": "answered"}


@pytest.mark.parametrize(
    ("found", "asked", "total", "concluded"),
    [
        (0, 5000, 1_000_000, (0, 560)),
        (200, 5000, 1_000_000, (40_000, 5_500)),
        (2500, 5000, 1_000_000, (500_000, 14_000)),
        (5000, 5000, 1_000_000, (1_000_000, 560)),
        (3, 4, 4, (3, 2)),
    ],
)
def test_an_estimate_says_how_near_it_is(found, asked, total, concluded):
    assert _conclude(found, asked, total) == concluded


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no such setting")
@pytest.mark.parametrize("question", ["SELECT 1", "SELECT nothing"])
def test_the_limit_ends_with_the_question(question):
    before = timeout()
    try:
        with no_longer_than(3), connection.cursor() as cursor:
            assert timeout() == "3s"
            cursor.execute(question)
    except ProgrammingError:
        pass
    assert timeout() == before


@pytest.mark.postgresql
def test_only_the_question_itself_is_answered_as_sets():
    make_member()

    count(Group("all", (HasStatus("registered"),)))

    assert setting("enable_nestloop") == "on"
    with transaction.atomic(), answered_as_sets("default"):
        assert setting("enable_nestloop") == "off"


def setting(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]
