"""A question that takes too long is cut off, and nothing else is."""

import threading
import time

import pytest
from django.db import ProgrammingError, connection

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.patience import TookTooLong, no_longer_than

pytestmark = pytest.mark.django_db

FOR_EVER = {
    "postgresql": "SELECT count(*) FROM pg_sleep(60)",
    "sqlite": """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e12)
        SELECT max(i) FROM n
    """,
}


def ask_for_ever():
    with connection.cursor() as cursor:
        cursor.execute(FOR_EVER[connection.vendor])


def setting(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def test_a_question_that_takes_long_is_cut_off():
    with pytest.raises(TookTooLong), no_longer_than(0.1):
        ask_for_ever()


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


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no such setting")
@pytest.mark.parametrize("question", ["SELECT 1", "SELECT nothing"])
def test_the_limit_ends_with_the_question(question):
    before = setting("statement_timeout")
    try:
        with no_longer_than(3), connection.cursor() as cursor:
            assert setting("statement_timeout") == "3s"
            cursor.execute(question)
    except ProgrammingError:
        pass
    assert setting("statement_timeout") == before
