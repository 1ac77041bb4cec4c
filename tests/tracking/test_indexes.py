"""Each index is used by the query that it is named for."""

import json
import re
import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from tests.tracking.factories import visit
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.models import DailyTotal, Event

ARCHITECTURE = Path(__file__).parents[2] / "docs" / "explanation" / "architecture.md"
BROWSER = uuid.uuid4()


def totals(**conditions):
    rows = DailyTotal.objects.of_kinds("page_view").in_last_days(30)
    return rows.filter(**conditions).values("member").annotate(Sum("count"))


QUERIES = {
    "crm_event_timeline": lambda: Event.objects.filter(member=7).newest_first()[:60],
    "crm_event_unstitched": lambda: Event.objects.without_owner().filter(visitor=BROWSER),
    "crm_event_handed_over": lambda: Event.objects.handed_over().filter(visitor=BROWSER),
    "crm_event_subject": lambda: Event.objects.about("order:7").of_kinds("purchase"),
    "crm_total_once": lambda: DailyTotal.objects.filter(member=7, kind="page_view", page=5),
    "crm_total_kind_page": lambda: totals(page=5),
    "crm_total_kind_subject": lambda: totals(subject="sku:P08"),
}


def used_by(query):
    """Names of the indexes in the plan; of a partition's, that of the whole table."""
    statement, parameters = query.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        plan = cursor.fetchone()[0]
        names = set(re.findall(r'"Index Name": "([^"]+)"', json.dumps(plan)))
        cursor.execute(
            "SELECT parent.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
            "JOIN pg_class parent ON parent.oid = inhparent WHERE child.relname = ANY(%s)",
            [list(names)],
        )
        return names | {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="as PostgreSQL plans it")
@pytest.mark.parametrize("name", QUERIES)
def test_the_query_an_index_is_named_for_uses_it(name):
    today = timezone.localdate()
    actions.record_events(events=[visit() for _ in range(50)])
    DailyTotal.objects.bulk_create(
        DailyTotal(
            member_id=number % 500,
            kind="page_view",
            page_id=number // 500,
            day=today,
            count=1,
            subject=f"sku:{number % 100}",
        )
        for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wagtail_crm_tracking_event, wagtail_crm_tracking_dailytotal")
    assert name in used_by(QUERIES[name]())


def test_every_index_is_in_the_documentation():
    names = {
        thing.name
        for model in apps.get_app_config("wagtail_crm_tracking").get_models()
        for thing in (*model._meta.indexes, *model._meta.constraints)
    }
    documented = re.findall(r"^\| `(crm_\w+)`", ARCHITECTURE.read_text(), re.MULTILINE)
    assert set(documented) == names
