"""How the log is read for rules about details, which daily totals cannot answer."""

import datetime
import json
import re

import pytest
from django.db import connection

from tests.members.factories import make_member
from tests.segments.factories import record
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.rules.base import Scope
from wagtail_crm.segments.rules.behaviour import Did
from wagtail_crm.segments.rules.person import site_today
from wagtail_crm.segments.rules.properties import Property
from wagtail_crm.segments.rules.windows import last_days

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="as PostgreSQL plans it"),
]

EVENTS = "wagtail_crm_tracking_event"


@pytest.fixture
def members():
    """Each did something in each of the last months."""
    members = [make_member() for _number in range(40)]
    for member in members[:5]:
        for days_ago in (0, 20, 40, 60, 80, 100):
            record(member, "search", days_ago=days_ago, data={"device": "phone"})
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {EVENTS}, wagtail_crm_members_member")
    return members


def plan(scope, days=10):
    rule = Did("search", window=last_days(days), properties=(Property("device", "is", "phone"),))
    statement, parameters = matching(rule, scope).values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        return json.dumps(cursor.fetchone()[0])


def months(days):
    """The months in which the days of the window lie, and the one in which its last day ends."""
    today = site_today()
    spanned = (today + datetime.timedelta(days=1 - number) for number in range(days + 2))
    return {f"{EVENTS}_{day:%Y_%m}" for day in spanned}


def test_counting_everybody_reads_the_months_of_the_window(members):
    read = set(re.findall(rf"{EVENTS}_\d+_\d+(?=\")", plan(Scope())))
    assert read
    assert read <= months(10)


def test_few_members_are_looked_up_by_member_and_time(members):
    scope = Scope((members[0].pk, members[1].pk))
    indexes = re.findall(rf"\"Index Name\": \"({EVENTS}[^\"]*)\"", plan(scope))
    assert {name.partition("_member")[2] for name in indexes} == {"_id_at_idx"}
