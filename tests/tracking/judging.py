"""What verdicts are judged by in tests: the totals, and a recount of the log."""

from collections import Counter, defaultdict
from decimal import Decimal

from wagtail_crm.tracking import verdicts
from wagtail_crm.tracking.ingest import local_day
from wagtail_crm.tracking.models import DailyTotal, Event, Reason, Verdict, Visitor


def totals():
    rows = DailyTotal.objects.exclude(count=0)
    keys = ("member_id", "kind", "page_id", "subject", "day")
    return {tuple(row[:5]): row[5:] for row in rows.values_list(*keys, "count", "value")}


def recount():
    counts, values = Counter(), defaultdict(Decimal)
    for event in Event.objects.counted():
        key = (event.member_id, event.kind, event.page_id, event.subject, local_day(event.at))
        counts[key] += 1
        values[key] += event.value or 0
    return {key: (counts[key], values[key]) for key in counts}


def judge(visitor, verdict=Verdict.MACHINE, reason=Reason.COLLEAGUE):
    return verdicts.judge_visitor(visitor_id=visitor, verdict=verdict, reason=reason)


def verdict_of(visitor):
    row = Visitor.objects.get(pk=visitor)
    return row.verdict, row.verdict_reason
